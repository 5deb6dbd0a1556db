//! A web server on the loopback device for the tests. It follows a script, one step for each
//! connection, keeps the requests it got, and ends with the test.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The way that the server treats a connection once it has read the request.
#[derive(Clone)]
pub(super) enum Step {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends these bytes, then stays silent until the test ends.
    Stall(Vec<u8>),
}

/// The running server.
pub(super) struct Server {
    pub(super) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that takes the steps in turn and repeats the last one.
    pub(super) fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (seen, ended) = (requests.clone(), stop.clone());
        let thread = thread::spawn(move || serve(&listener, &steps, &seen, &ended));
        Server {
            port,
            requests,
            stop,
            thread: Some(thread),
        }
    }

    /// The address of `path` on this server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The heads of the requests so far, in lower case.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

fn serve(listener: &TcpListener, steps: &[Step], seen: &Mutex<Vec<String>>, stop: &AtomicBool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut held = Vec::new(); // Stalled connections stay open.
    let mut turn = 0;
    while !stop.load(Ordering::Relaxed) && Instant::now() < deadline {
        match listener.accept() {
            Ok((stream, _)) => {
                held.extend(answer(stream, &steps[turn.min(steps.len() - 1)], seen));
                turn += 1;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn answer(mut stream: TcpStream, step: &Step, seen: &Mutex<Vec<String>>) -> Option<TcpStream> {
    stream.set_nonblocking(false).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 10_000 {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => break,
        }
        if matches!(head[..], [0x16] | [0x05]) {
            // TLS or SOCKS: there will be no head. What is left unread would reset the connection.
            let _ = stream.read(&mut [0; 8192]);
            break;
        }
    }
    seen.lock()
        .unwrap()
        .push(String::from_utf8_lossy(&head).to_lowercase());
    let (Step::Send(bytes) | Step::Stall(bytes)) = step;
    stream.write_all(bytes).ok()?; // The client may have hung up already.
    matches!(step, Step::Stall(_)).then_some(stream)
}

/// An answer: the status line, more header lines, and a body with its true length.
pub(super) fn reply(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    cut_reply(status, headers, body, body.len())
}

/// An answer that announces the whole body but sends `sent` bytes of it.
pub(super) fn cut_reply(status: &str, headers: &[&str], body: &[u8], sent: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    [head.as_bytes(), &body[..sent]].concat()
}
