//! Files of more bytes than are wanted.

use super::*;

#[test]
fn a_file_that_is_announced_to_be_too_long_is_refused_before_it_comes() {
    let (bench, body) = (Bench::new(), content(1));
    let longer = [body, vec![0]].concat();
    let server = Server::start(vec![Step::Send(cut_reply("200 OK", &[V1], &longer, 0))]);
    let error = bench.fetch(&server, None).unwrap_err();
    let said = "/x.zip: refused, because it has more than 200000 bytes";
    assert!(error.to_string().ends_with(said), "{error}");
    assert_eq!(server.requests().len(), 1);
    assert!(bench.names().is_empty());
}

#[test]
fn a_rest_that_is_announced_to_be_too_long_is_refused_too() {
    let (bench, body) = (Bench::new(), content(1));
    bench.leave_part(&body[..70_000], Some("\"v1\""));
    let longer = [body, vec![0]].concat();
    let server = Server::start(vec![rest(&longer, 70_000, V1)]);
    let error = bench.fetch(&server, None).unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
    assert!(bench.names().is_empty());
}

#[test]
fn a_file_that_never_ends_is_given_up_where_it_becomes_too_long() {
    let bench = Bench::new();
    let mut endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    endless.resize(endless.len() + 1_000_000, b'x');
    let server = Server::start(vec![Step::Send(endless)]);
    let error = bench.fetch(&server, None).unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
    assert_eq!(server.requests().len(), 1);
    assert!(bench.names().is_empty());
}

#[test]
fn a_file_of_just_the_length_that_is_allowed_is_brought() {
    let (bench, body) = (Bench::new(), content(1));
    let server = Server::start(vec![whole(&body, V1)]);
    assert_eq!(bench.fetch(&server, None).unwrap().bytes, bench.most);
}
