//! Everything that can go wrong while a file is fetched or unpacked. Each variant is one way; it names the file or
//! the address first, then says what was found and what was expected.

use std::io;
use std::path::PathBuf;

/// A failure to fetch or to unpack, and where it happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read, written, renamed or removed.
    #[error("{}: cannot {action}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The attempt, as a verb: `create`, `write to`.
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },

    /// The text is no address that can be downloaded from.
    #[error("{url}: expected an http:// or https:// address")]
    Address {
        /// The text given as an address.
        url: String,
    },

    /// An environment variable that should name a proxy does not.
    #[error("{variable}: expected the address of a proxy, such as http://proxy.example:3128")]
    ProxyAddress {
        /// The variable. Its value is left out of the message, for it may hold a password.
        variable: &'static str,
    },

    /// A host name has no address.
    #[error("{url}: could not resolve the host name {host}")]
    HostNotFound {
        /// The address asked for.
        url: String,
        /// The name looked up: the server's, a redirect's or a proxy's.
        host: String,
        /// The resolver's reason.
        source: io::Error,
    },

    /// The host could not be reached or refused the connection.
    #[error("{url}: could not connect")]
    Connect {
        /// The address asked for.
        url: String,
        /// The system's reason.
        source: io::Error,
    },

    /// The proxy would not open a connection to the server.
    #[error("{url}: no connection through the proxy: {reason}")]
    Proxy {
        /// The address asked for.
        url: String,
        /// The proxy's answer.
        reason: String,
    },

    /// No secure connection could be agreed on, for instance because the certificate is not trusted.
    #[error("{url}: could not make a secure connection")]
    Tls {
        /// The address asked for.
        url: String,
        /// The TLS library's reason.
        source: io::Error,
    },

    /// The server was silent for too long.
    #[error("{url}: no data came for {} s", after.as_secs_f32())]
    Stalled {
        /// The address asked for.
        url: String,
        /// How long the program waited.
        after: std::time::Duration,
    },

    /// The connection ended before the whole file had come.
    #[error("{url}: the connection was lost after {}", size(*bytes))]
    ConnectionLost {
        /// The address asked for.
        url: String,
        /// Length of what is there so far.
        bytes: u64,
        /// The system's reason.
        source: io::Error,
    },

    /// The server answered with an HTTP status that is no success.
    #[error("{url}: the server answered {status}")]
    Status {
        /// The address asked for.
        url: String,
        /// Number and name of the status, such as `404 Not Found`.
        status: String,
    },

    /// The server's answer breaks the rules of HTTP or leads nowhere.
    #[error("{url}: the server's answer cannot be used: {reason}")]
    Response {
        /// The address asked for.
        url: String,
        /// Which rule is broken.
        reason: String,
    },

    /// The file has more bytes than are wanted.
    #[error("{url}: refused, because it has more than {}", size(*most))]
    TooLong {
        /// The address asked for.
        url: String,
        /// How many bytes it may have.
        most: u64,
    },

    /// The bytes are not the ones expected.
    #[error("{what}: sha-256 is {actual}, expected {expected}")]
    Digest {
        /// The address, or the archive and its member.
        what: String,
        /// The digest of the bytes that came, in hexadecimal.
        actual: String,
        /// The digest they should have, in hexadecimal.
        expected: String,
    },

    /// The file is of no kind that can be unpacked.
    #[error("{}: neither a zip nor a tar archive", archive.display())]
    NotAnArchive {
        /// The file.
        archive: PathBuf,
    },

    /// The archive is cut short or damaged.
    #[error("{}: the archive is cut short or damaged", archive.display())]
    DamagedArchive {
        /// The archive.
        archive: PathBuf,
        /// The reason that the reader of the format gave.
        source: io::Error,
    },

    /// One entry of an archive cannot be read: damaged, encrypted or of an unknown method.
    #[error("{}: {entry}: cannot be unpacked", archive.display())]
    DamagedEntry {
        /// The archive.
        archive: PathBuf,
        /// The entry's name.
        entry: String,
        /// The reason that the reader of the format gave.
        source: io::Error,
    },

    /// An entry could write outside its folder or is not a plain file, so the archive is not trusted.
    #[error("{}: {entry}: refused, because {reason}", archive.display())]
    UnsafeEntry {
        /// The archive.
        archive: PathBuf,
        /// The entry's name.
        entry: String,
        /// The rule that it breaks.
        reason: &'static str,
    },

    /// Two entries would become the same file.
    #[error("{}: {entry}: another entry has the same name", archive.display())]
    DuplicateEntry {
        /// The archive.
        archive: PathBuf,
        /// The name of the second one.
        entry: String,
    },

    /// The archive unpacks to more than the caller allows.
    #[error("{}: unpacks to more than {limit}", archive.display())]
    TooLarge {
        /// The archive.
        archive: PathBuf,
        /// The limit that was passed, with its unit.
        limit: String,
    },

    /// The archive has no entry of that name.
    #[error("{}: has no entry {entry}", archive.display())]
    NoSuchEntry {
        /// The archive.
        archive: PathBuf,
        /// The name looked for.
        entry: String,
    },
}

/// A number of bytes for people: exact below a million, then in megabytes.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{bytes} bytes"),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

impl Error {
    /// Whether the other side could not be reached, or did not answer as it should.
    pub fn is_of_network(&self) -> bool {
        matches!(
            self,
            Self::HostNotFound { .. }
                | Self::Connect { .. }
                | Self::Proxy { .. }
                | Self::Tls { .. }
                | Self::Stalled { .. }
                | Self::ConnectionLost { .. }
                | Self::Status { .. }
                | Self::Response { .. }
        )
    }

    /// For `map_err`: says what was tried with `path`.
    pub(crate) fn file(path: &std::path::Path, action: &'static str) -> impl Fn(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File {
            path: path.clone(),
            action,
            source,
        }
    }
}
