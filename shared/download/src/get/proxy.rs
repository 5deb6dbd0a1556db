//! Which proxy the environment names for an address, by the rules that curl and wget follow.
//!
//! ureq's own reading of the environment takes the first of `ALL_PROXY`, `HTTPS_PROXY` and
//! `HTTP_PROXY` for every address whatever its scheme, and an entry `example.org` of `NO_PROXY`
//! does not cover `www.example.org`. This reads the variables itself and hands ureq the result.

use ureq::{Proxy, ProxyBuilder};

use crate::error::Error;

/// The proxy for `url`, if the environment names one. `lookup` reads an environment variable.
/// Hosts that `NO_PROXY` lists are left out request by request, redirects included.
pub(super) fn for_url(
    url: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, Error> {
    let secure = url
        .get(..6)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
    let variables = if secure {
        ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
    };
    let Some((variable, value)) = first_set(&variables, lookup) else {
        return Ok(None);
    };
    let exceptions = first_set(&["no_proxy", "NO_PROXY"], lookup);
    let exceptions = exceptions.map(|(_, list)| list).unwrap_or_default();
    let proxy = Proxy::new(&value).and_then(|proxy| except(&proxy, &exceptions).build());
    match proxy {
        Ok(proxy) => Ok(Some(proxy)),
        Err(_) => Err(Error::ProxyAddress { variable }),
    }
}

/// The first variable that is set to something. An empty value switches a variable off.
fn first_set(
    variables: &[&'static str],
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Option<(&'static str, String)> {
    let set = variables.iter().filter_map(|&name| {
        let value = lookup(name)?.trim().to_string();
        (!value.is_empty()).then_some((name, value))
    });
    set.into_iter().next()
}

/// The same proxy, not used for the hosts in the comma-separated list. As curl does it, a name
/// covers the host of that name and all hosts below it, with or without a dot in front.
fn except(proxy: &Proxy, list: &str) -> ProxyBuilder {
    let mut builder = Proxy::builder(proxy.protocol())
        .host(proxy.host())
        .port(proxy.port())
        .resolve_target(proxy.resolve_target());
    if let Some(name) = proxy.username() {
        builder = builder.username(name);
    }
    if let Some(password) = proxy.password() {
        builder = builder.password(password);
    }
    for entry in list
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
    {
        let name = entry.trim_start_matches("*.").trim_start_matches('.');
        builder = builder.no_proxy(name).no_proxy(&format!(".{name}"));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(url: &str, environment: &[(&str, &str)]) -> Option<String> {
        let lookup = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name)?;
            Some(found.1.to_string())
        };
        let proxy = for_url(url, &lookup).unwrap()?;
        let uri = url.parse().unwrap();
        (!proxy.is_no_proxy(&uri)).then(|| format!("{}:{}", proxy.host(), proxy.port()))
    }

    #[test]
    fn chooses_by_the_scheme_of_the_address() {
        let environment = [
            ("HTTP_PROXY", "http://plain:1"),
            ("https_proxy", "http://secure:2"),
            ("ALL_PROXY", "http://any:3"),
        ];
        assert_eq!(chosen("http://h/x", &environment).unwrap(), "plain:1");
        assert_eq!(chosen("https://h/x", &environment).unwrap(), "secure:2");
        assert_eq!(chosen("https://h/x", &environment[..1]), None);
        assert_eq!(chosen("https://h/x", &environment[2..]).unwrap(), "any:3");
        assert_eq!(chosen("https://h/x", &[]), None);
    }

    #[test]
    fn reads_both_cases_the_lower_first_and_skips_empty_values() {
        for scheme in ["http", "https", "all"] {
            let (lower, upper) = (
                format!("{scheme}_proxy"),
                format!("{scheme}_proxy").to_uppercase(),
            );
            let url = format!("{}://h/x", scheme.replace("all", "http"));
            let both = [
                (upper.as_str(), "http://upper:1"),
                (lower.as_str(), "lower:2"),
            ];
            assert_eq!(chosen(&url, &both).unwrap(), "lower:2");
            assert_eq!(chosen(&url, &both[..1]).unwrap(), "upper:1");
            let emptied = [both[0], (lower.as_str(), "")];
            assert_eq!(chosen(&url, &emptied).unwrap(), "upper:1");
        }
    }

    #[test]
    fn leaves_out_the_hosts_of_no_proxy() {
        let uses_proxy = |host: &str, list: &str| {
            let environment = [("http_proxy", "p:1"), ("NO_PROXY", list)];
            chosen(&format!("http://{host}/x"), &environment).is_some()
        };
        for list in [
            "example.org",
            " a.net , example.org",
            ".example.org",
            "*.example.org",
            "*",
        ] {
            assert!(!uses_proxy("example.org", list), "{list}");
            assert!(!uses_proxy("www.Example.org", list), "{list}");
        }
        assert!(uses_proxy("badexample.org", "example.org"));
        assert!(uses_proxy("example.org", "www.example.org"));
        assert!(uses_proxy("example.org", ""));
        assert!(!uses_proxy("127.0.0.1", "localhost,127.0.0.1"));
    }

    #[test]
    fn keeps_user_name_and_password() {
        let lookup = |name: &str| (name == "http_proxy").then(|| "http://u:p%40ss@h:1".to_string());
        let proxy = for_url("http://x/", &lookup).unwrap().unwrap();
        assert_eq!(
            (proxy.username(), proxy.password()),
            (Some("u"), Some("p@ss"))
        );
    }

    #[test]
    fn names_the_variable_but_not_the_value_of_a_bad_address() {
        let lookup = |name: &str| (name == "HTTP_PROXY").then(|| "gopher://u:secret@h".to_string());
        let message = for_url("http://x/", &lookup).unwrap_err().to_string();
        assert!(
            message.starts_with("HTTP_PROXY: ") && !message.contains("secret"),
            "{message}"
        );
    }
}
