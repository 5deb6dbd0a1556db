//! Looking up host names, so that a name without an address can be told from a host that does not answer.

use std::fmt;
use std::io;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The system's resolver, with failures that can be told from other failures to connect.
#[derive(Debug, Default)]
pub(super) struct NamingResolver(DefaultResolver);

impl Resolver for NamingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let unresolved = |source| {
            let host = uri.host().unwrap_or_default().to_string();
            ureq::Error::Other(Box::new(LookupFailed { host, source }))
        };
        let found = self.0.resolve(uri, config, timeout);
        found.map_err(|error| match error {
            ureq::Error::Io(source) => unresolved(source),
            ureq::Error::HostNotFound => unresolved(io::ErrorKind::NotFound.into()),
            ureq::Error::Timeout(_) => unresolved(io::ErrorKind::TimedOut.into()),
            other => other,
        })
    }
}

/// A host name without an address; it travels through ureq as its `Error::Other`.
#[derive(Debug)]
pub(super) struct LookupFailed {
    pub(super) host: String,
    pub(super) source: io::Error,
}

impl fmt::Display for LookupFailed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "could not resolve the host name {}", self.host)
    }
}

impl std::error::Error for LookupFailed {}
