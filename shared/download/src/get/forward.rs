//! Plain http through a proxy. ureq opens a tunnel with CONNECT for every address, which common
//! proxies allow for port 443 only; for `http://` addresses they expect the request itself, with
//! the full address in its first line (RFC 9112, section 3.2.2).

use ureq::config::Config;
use ureq::http::{Uri, uri::Scheme};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};
use ureq::{Proxy, ProxyProtocol};

/// ureq's connector, save that plain http requests go to an http proxy as they are.
#[derive(Debug)]
pub(super) struct ForwardingConnector {
    inner: DefaultConnector,
    direct: Config,
}

impl ForwardingConnector {
    /// `direct` is the configuration for the connection to the proxy, so it names no proxy itself.
    pub(super) fn new(direct: Config) -> Self {
        let inner = DefaultConnector::default();
        ForwardingConnector { inner, direct }
    }

    /// Connects to the proxy itself.
    fn reach(
        &self,
        proxy: &Proxy,
        details: &ConnectionDetails,
    ) -> Result<Option<Box<dyn Transport>>, ureq::Error> {
        let uri = proxy.uri();
        let addrs = details
            .resolver
            .resolve(uri, &self.direct, details.timeout)?;
        let to_proxy = ConnectionDetails {
            uri,
            addrs,
            config: &self.direct,
            request_level: details.request_level,
            resolver: details.resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        self.inner.connect(&to_proxy, None)
    }
}

impl Connector<()> for ForwardingConnector {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(proxy) = details
            .config
            .proxy()
            .filter(|proxy| forwards(proxy, details.uri))
        else {
            return self.inner.connect(details, chained);
        };
        let transport = self.reach(proxy, details)?;
        let host = details.uri.authority().map(|host| host.as_str());
        let origin = format!("http://{}", host.unwrap_or_default());
        Ok(transport.map(|inner| Box::new(Forwarded { inner, origin }) as Self::Out))
    }
}

/// Whether a request for `uri` goes to the proxy as it is. A proxy that wants a password keeps the
/// tunnel, for which ureq sends it.
fn forwards(proxy: &Proxy, uri: &Uri) -> bool {
    matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https)
        && proxy.username().is_none()
        && uri.scheme() == Some(&Scheme::HTTP)
        && !proxy.is_no_proxy(uri)
}

/// A connection to a proxy that turns `GET /path` into `GET http://host/path`.
#[derive(Debug)]
struct Forwarded {
    inner: Box<dyn Transport>,
    origin: String,
}

impl Transport for Forwarded {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    /// A request without a body is written in one go, so each one is met here at its beginning.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let output = self.inner.buffers().output();
        let request = output.get(..amount).unwrap_or_default();
        let Some(path) = request.strip_prefix(b"GET /") else {
            return self.inner.transmit_output(amount, timeout);
        };
        let request = [b"GET ", self.origin.as_bytes(), b"/", path].concat();
        let room = output.get_mut(..request.len());
        let room = room.ok_or_else(|| ureq::Error::BadUri("the address is too long".into()))?;
        room.copy_from_slice(&request);
        self.inner.transmit_output(request.len(), timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}
