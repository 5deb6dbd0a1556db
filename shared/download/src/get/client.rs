//! The HTTP client: one GET request, from a byte offset where the part has bytes already.

use ureq::config::Config;
use ureq::http::{Response, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};

use super::forward::ForwardingConnector;
use super::lookup::NamingResolver;
use super::policy::{Failure, Policy};
use super::trouble;
use crate::error::Error;

/// Sends the requests for one address.
pub(super) struct Client<'a> {
    url: &'a str,
    policy: &'a Policy,
    agent: Agent,
}

impl<'a> Client<'a> {
    /// A client for `url`, which must be an http or https address.
    pub(super) fn new(
        url: &'a str,
        policy: &'a Policy,
        proxy: Option<Proxy>,
    ) -> Result<Self, Error> {
        let known = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
        if !url.parse().is_ok_and(|uri| known(&uri)) {
            return Err(Error::Address {
                url: url.to_string(),
            });
        }
        let direct = config(policy, None);
        let connector = ForwardingConnector::new(direct);
        let agent = Agent::with_parts(config(policy, proxy), connector, NamingResolver::default());
        Ok(Client { url, policy, agent })
    }

    /// Asks for the file from byte `from` on, provided it is still the version that `validator`
    /// stands for. Returns the head of the answer whatever its status is.
    pub(super) fn get(
        &self,
        from: u64,
        validator: Option<&str>,
    ) -> Result<Response<Body>, Failure> {
        // Compressed bodies would make lengths and offsets count something other than the file.
        let mut request = self
            .agent
            .get(self.url)
            .header("accept-encoding", "identity");
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
            if let Some(validator) = validator {
                request = request.header("if-range", validator);
            }
        }
        let failed = |error| trouble::of_request(self.url, self.policy, from, error);
        request.call().map_err(failed)
    }
}

/// The root certificates are the system's, so that a company's own authority and `SSL_CERT_FILE`
/// work; ureq's default is the list compiled in.
fn config(policy: &Policy, proxy: Option<Proxy>) -> Config {
    let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
    Agent::config_builder()
        .tls_config(roots.build())
        .proxy(proxy)
        .user_agent(concat!("hd-fetch/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        .max_redirects(10)
        .timeout_resolve(Some(policy.connect))
        .timeout_connect(Some(policy.connect))
        .timeout_per_read(Some(policy.stall))
        .timeout_per_write(Some(policy.stall))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_an_address_that_is_not_http() {
        let policy = Policy::default();
        for url in [
            "ftp://host/x",
            "file:///etc/passwd",
            "host/x",
            "",
            "http://",
        ] {
            let error = Client::new(url, &policy, None).err().expect(url);
            assert!(matches!(error, Error::Address { .. }), "{url}: {error}");
        }
    }
}
