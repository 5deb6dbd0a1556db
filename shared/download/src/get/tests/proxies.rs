//! The way through a proxy, which is the test's own server.

use super::*;

fn proxy_for(url: &str, proxy: &str, no_proxy: &str) -> Option<Proxy> {
    let lookup = |name: &str| match name {
        "http_proxy" | "https_proxy" => Some(proxy.to_string()),
        "no_proxy" => Some(no_proxy.to_string()),
        _ => None,
    };
    proxy::for_url(url, &lookup).unwrap()
}

#[test]
fn sends_plain_http_to_the_proxy_as_it_is() {
    let (bench, body) = (Bench::new(), content(1));
    let server = Server::start(vec![half(&body, V1), rest(&body, 100_000, V1)]);
    let url = "http://nowhere.invalid:81/a/b?c=d";
    let proxy = proxy_for(url, &server.url(""), "");
    bench.fetch_through(url, Some(&sha(&body)), proxy).unwrap();
    for request in server.requests() {
        assert!(
            request.starts_with(&format!("get {url} http/1.1\r\n")),
            "{request}"
        );
        assert!(
            request.contains("host: nowhere.invalid:81\r\n"),
            "{request}"
        );
    }
}

#[test]
fn opens_a_tunnel_through_the_proxy_for_https_and_for_a_proxy_with_a_password() {
    let server = Server::start(vec![Step::Send(reply("403 Forbidden", &[], b""))]);
    let with_password = server.url("").replace("//", "//user:pass@");
    for (url, proxy, authorized) in [
        ("https://nowhere.invalid/x", server.url(""), false),
        ("http://nowhere.invalid:443/x", with_password, true),
    ] {
        let bench = Bench::new();
        let error = bench
            .fetch_through(url, None, proxy_for(url, &proxy, ""))
            .unwrap_err();
        let said = format!("{url}: no connection through the proxy: ");
        assert!(error.to_string().starts_with(&said), "{error}");
        let request = server.requests().pop().unwrap();
        assert!(
            request.starts_with("connect nowhere.invalid:443 http/1.1\r\n"),
            "{request}"
        );
        assert_eq!(
            request.contains("proxy-authorization: basic dxnlcjpwyxnz"),
            authorized
        );
    }
}

#[test]
fn goes_around_the_proxy_for_the_hosts_of_no_proxy() {
    let (bench, body) = (Bench::new(), content(1));
    let server = Server::start(vec![whole(&body, V1)]);
    let url = server.url("/x.zip");
    let proxy = proxy_for(&url, "http://nowhere.invalid:1", "localhost, 127.0.0.1");
    bench.fetch_through(&url, None, proxy).unwrap();
    assert!(server.requests()[0].starts_with("get /x.zip "));
}

#[test]
fn names_the_proxy_when_its_name_does_not_resolve() {
    for url in ["http://127.0.0.1:9/", "https://127.0.0.1:9/"] {
        let proxy = proxy_for(url, "proxy.invalid:3128", "");
        let error = Bench::new().fetch_through(url, None, proxy).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("could not resolve the host name proxy.invalid"),
            "{error}"
        );
    }
}

/// Without ureq's feature `socks-proxy` such an environment makes ureq panic.
#[test]
fn takes_a_socks_proxy() {
    let server = Server::start(vec![Step::Send(b"no socks here".to_vec())]);
    let url = "https://nowhere.invalid/";
    let address = format!("socks5h://127.0.0.1:{}", server.port);
    let proxy = proxy_for(url, &address, "");
    assert!(Bench::new().fetch_through(url, None, proxy).is_err());
    assert!(
        server.requests()[0].starts_with('\u{5}'),
        "{:?}",
        server.requests()
    );
}

/// The other half of the next test, which runs it in a process of its own.
#[test]
#[ignore = "needs the environment that the next test makes"]
fn downloads_in_a_child_process() {
    let folder = tempfile::tempdir().unwrap();
    download(
        "http://nowhere.invalid/x",
        &folder.path().join("x"),
        None,
        3,
        &(),
    )
    .unwrap();
}

#[test]
fn reads_the_proxy_from_the_environment() {
    let server = Server::start(vec![whole(b"abc", V1)]);
    let (_crate, path) = module_path!().split_once("::").unwrap();
    let child = format!("{path}::downloads_in_a_child_process");
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &child, "--ignored"])
        .env("http_proxy", server.url(""))
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    assert!(server.requests()[0].starts_with("get http://nowhere.invalid/x "));
}
