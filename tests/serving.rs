//! HTTP on loopback: programs that serve and requests to them, and files for programs that ask. A
//! request is bytes, so that a test can spoil it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// No answer takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that serves, until it is dropped.
pub(crate) struct Server {
    pub(crate) process: Child,
    /// Host and port.
    pub(crate) address: String,
}

impl Server {
    /// Starts a program that says on stdout or stderr where it serves; `address` finds host and
    /// port in such a line.
    ///
    /// # Errors
    /// No such program; one that does not serve.
    pub(crate) fn start(
        mut command: Command,
        mut address: impl FnMut(&str) -> Option<String>,
    ) -> io::Result<Self> {
        let (says, said) = io::pipe().unwrap();
        command
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said);
        let process = command.spawn()?;
        // Its ends of the pipe, or there would be no end.
        drop(command);
        let mut lines = BufReader::new(says).lines().map_while(Result::ok);
        let mut heard = Vec::new();
        let found = lines.by_ref().find_map(|line| {
            let found = address(&line);
            heard.push(line);
            found
        });
        // What else it says must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        let address =
            found.ok_or_else(|| io::Error::other(format!("it does not serve: {heard:?}")))?;
        Ok(Self { process, address })
    }

    /// The answer to a request that is alone on its connection.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        self.send(&self.request(method, path, headers, body))
            .unwrap()
    }

    /// A request as bytes. Each of `headers` ends with `\r\n`.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let (host, length) = (&self.address, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
        );
        [head.as_bytes(), body].concat()
    }

    /// Sends bytes; the answer, or None if the server goes without one.
    pub(crate) fn send(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        // A server that has seen enough need not read the rest.
        let _ = stream.write_all(bytes);
        Answer::read(stream)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads as much as is announced; where nothing is, until the server closes.
    pub(crate) fn read(stream: TcpStream) -> Option<Self> {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head) {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Self {
            status,
            head,
            body: Vec::new(),
        };
        let length = answer.header("content-length").map(str::parse);
        let length = length.map_or(u64::MAX, Result::unwrap);
        // What was read before a connection broke is an answer too.
        let _ = stream.take(length).read_to_end(&mut answer.body);
        Some(answer)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}{}", self.head, self.text()))
    }
}

/// A file to serve: its media type and its bytes.
pub(crate) type Served = (&'static str, Vec<u8>);

/// Serves files for as long as the tests run. `file` finds one by the path of a request; where
/// there is none the answer is 404. Returns the address, which has no slash at its end.
pub(crate) fn serve(file: impl Fn(&str) -> Option<Served> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let file = Arc::new(file);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let file = Arc::clone(&file);
            // A client that goes away is no failure of the server.
            thread::spawn(move || respond(stream, &*file).ok());
        }
    });
    address
}

fn respond(mut stream: TcpStream, file: &dyn Fn(&str) -> Option<Served>) -> io::Result<()> {
    let mut head = BufReader::new(stream.try_clone()?).lines();
    let line = head.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = line.split(' ').nth(1).unwrap_or_default();
    head.map_while(Result::ok).find(String::is_empty);
    let (status, (kind, content)) = match file(path) {
        Some(served) => ("200 OK", served),
        None => ("404 Not Found", ("text/plain", Vec::new())),
    };
    let length = content.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), &content].concat())
}

/// Passes what is asked below `prefix` on to the server at `host`, by that name and without the
/// prefix, as proxies do, for as long as the tests run. Returns its port.
pub(crate) fn proxy(prefix: &'static str, host: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let host: Arc<str> = host.into();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let host = Arc::clone(&host);
            thread::spawn(move || pass_on(stream, prefix, &host).ok());
        }
    });
    port
}

fn pass_on(mut stream: TcpStream, prefix: &str, host: &str) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    for line in reader.by_ref().lines() {
        let line = line?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        match line.as_str() {
            "" => break,
            _ if lower.starts_with("host:") => head += &format!("Host: {host}\r\n"),
            _ if lower.starts_with("connection:") => {}
            line => head += &format!("{line}\r\n"),
        }
    }
    // What is asked elsewhere is asked of nobody.
    let Some(rest) = head.split_once(' ').and_then(|(method, rest)| {
        let rest = rest.strip_prefix(prefix)?;
        Some(format!("{method} {rest}Connection: close\r\n\r\n"))
    }) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let mut server = TcpStream::connect(host)?;
    server.write_all(rest.as_bytes())?;
    io::copy(&mut reader.take(length), &mut server)?;
    io::copy(&mut server, &mut stream)?;
    Ok(())
}
