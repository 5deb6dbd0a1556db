//! Requests of other sites, kept out: a page elsewhere must not use a visitor's browser to get here.
//!
//! A site can have its own name point to this machine after its page is loaded (DNS rebinding); then the browser sends that
//! name as the host. So the host must be an address, `localhost`, or a name that the user allowed. And a page elsewhere
//! can post forms here; then the browser names that page's site as the origin, which must be this one.
//!
//! A proxy before this server may ask it by another name than the browser asked the proxy by, or leave out the port. So an
//! origin is this site too where the user allowed its name and the host cannot be what the browser said.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::refusal::Refusal;

/// The names that this server is reached by.
#[derive(Clone)]
pub(crate) struct Hosts(Arc<Vec<String>>);

impl Hosts {
    pub(crate) fn new(more: &[String]) -> Self {
        let more = more.iter().map(|name| name.to_ascii_lowercase());
        Self(Arc::new(more.collect()))
    }

    fn allow(&self, host: &Authority) -> bool {
        let name = host.host().to_ascii_lowercase();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok() || name == "localhost" || self.0.contains(&name)
    }

    /// Whether `origin` is a site that the user allowed, before whose proxy `host` was another.
    fn allow_before_a_proxy(&self, origin: &str, host: &Authority) -> bool {
        let Ok(origin) = origin.parse::<Uri>() else {
            return false;
        };
        let name = origin.host().map(str::to_ascii_lowercase);
        let allowed = |name: &String| self.0.contains(name);
        let other =
            |name: &String| !host.host().eq_ignore_ascii_case(name) || host.port().is_none();
        name.filter(allowed).is_some_and(|name| other(&name))
    }
}

/// Lets a request through only if it comes from this site, or from no site at all.
pub(crate) async fn only_this_site(
    State(hosts): State<Hosts>,
    request: Request,
    next: Next,
) -> Response {
    match refusal(&hosts, &request) {
        Some(reason) => Refusal::new(StatusCode::FORBIDDEN, reason.to_owned()).into_response(),
        None => next.run(request).await,
    }
}

fn refusal(hosts: &Hosts, request: &Request) -> Option<&'static str> {
    let headers = request.headers();
    let mut names = headers.get_all(header::HOST).iter();
    let host = names
        .next()
        .and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let Some(host) = host.filter(|host| names.next().is_none() && hosts.allow(host)) else {
        return Some("this server does not go by that name; --allow-host allows one");
    };
    let asks = matches!(*request.method(), Method::GET | Method::HEAD);
    match asks || is_same_site(headers, &host, hosts) {
        true => None,
        false => {
            Some("only this server's own page may send images; --allow-host allows a proxy's name")
        }
    }
}

/// Whether a request comes from a page of `host`, or from something that is no browser.
fn is_same_site(headers: &HeaderMap, host: &Authority, hosts: &Hosts) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => {
            // There may be a proxy before this server that encrypts.
            let sites = ["http", "https"].map(|scheme| format!("{scheme}://{host}"));
            let is = |site: &String| origin.as_bytes().eq_ignore_ascii_case(site.as_bytes());
            let proxied = |origin| hosts.allow_before_a_proxy(origin, host);
            sites.iter().any(is) || origin.to_str().is_ok_and(proxied)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(method: Method, headers: &[(&str, &str)]) -> bool {
        let mut request = axum::http::Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        refusal(&Hosts::new(&["Dogs.Example".to_owned()]), &request).is_some()
    }

    #[test]
    fn names_that_were_not_allowed_are_refused() {
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST:1",
            "[::1]:80",
            "192.168.1.2:80",
            "dogs.example",
        ] {
            assert!(!refused(Method::GET, &[("host", host)]), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "evil.example:127.0.0.1",
            "",
            "a b",
            "127.0.0.1@evil.example",
        ] {
            assert!(refused(Method::GET, &[("host", host)]), "{host}");
        }
        assert!(refused(Method::GET, &[]));
        assert!(refused(
            Method::GET,
            &[("host", "localhost"), ("host", "evil.example")]
        ));
    }

    #[test]
    fn a_proxy_may_go_by_another_name_where_the_user_allowed_that() {
        let posts = |host, origin| !refused(Method::POST, &[("host", host), ("origin", origin)]);
        // The proxy asks by the address that it was told, or by the name without the port.
        assert!(posts("127.0.0.1:8080", "https://dogs.example"));
        assert!(posts("127.0.0.1:8080", "https://Dogs.example:8443"));
        assert!(posts("dogs.example", "https://dogs.example:8443"));
        // A page of another server on the same machine.
        assert!(!posts("dogs.example:8080", "http://dogs.example:8081"));
        assert!(!posts("127.0.0.1:8080", "https://cats.example"));
        assert!(!posts("127.0.0.1:8080", "https://localhost:8443"));
        let cross = ("sec-fetch-site", "same-site");
        let origin = ("origin", "https://dogs.example");
        let host = ("host", "127.0.0.1:8080");
        assert!(refused(Method::POST, &[host, origin, cross]));
    }

    #[test]
    fn pages_of_other_sites_may_not_post() {
        let host = ("host", "localhost:8080");
        let own = ("origin", "http://localhost:8080");
        assert!(!refused(Method::POST, &[host]));
        assert!(!refused(Method::POST, &[host, own]));
        let encrypted = [("host", "dogs.example"), ("origin", "https://dogs.example")];
        assert!(!refused(Method::POST, &encrypted));
        assert!(!refused(
            Method::POST,
            &[host, own, ("sec-fetch-site", "same-origin")]
        ));
        assert!(refused(
            Method::POST,
            &[host, own, ("sec-fetch-site", "cross-site")]
        ));
        for origin in [
            "http://localhost:8081",
            "https://localhost",
            "http://127.0.0.1:8080",
            "http://evil.example",
            "null",
            "",
        ] {
            assert!(
                refused(Method::POST, &[host, ("origin", origin)]),
                "{origin}"
            );
        }
        // A link to here may stand anywhere.
        assert!(!refused(
            Method::GET,
            &[host, ("sec-fetch-site", "cross-site")]
        ));
    }
}
