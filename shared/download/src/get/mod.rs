//! Downloading one file over http or https, so that neither a lost connection nor a killed program
//! costs what has come already, and so that the file appears under its name only when it is whole.
//!
//! The bytes go to `<to>.part`. A lost connection, a stall or a passing server error is tried again
//! from where it broke off; the server's validator in `<to>.part.etag` keeps the halves of two
//! versions from being joined (RFC 9110, section 13.1.5, `If-Range`).

mod answer;
mod client;
mod forward;
mod lookup;
mod part;
mod policy;
mod proxy;
mod trouble;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread;
use std::time::Duration;

use hd_digest::sha256_of_file;
use ureq::{Body, Proxy};

use self::answer::Answer;
use self::client::Client;
use self::part::Part;
use self::policy::{Again, Failure, Patience, Policy};
use crate::error::Error;
use crate::progress::Progress;
use crate::transfer::pour;

/// The file that a download brought: its length and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
}

/// Brings `url` to the file `to`, whose folder must exist.
///
/// Where `sha256` is given (64 hexadecimal digits), a file with another digest is an error. The
/// file `to` is created, or replaced, at the very end, once its digest was taken from the disk: after
/// an error it is as it was before. What has come stays in `<to>.part` for a later call, which resumes
/// it. While another process brings the same file this one waits, and takes what that one brought.
///
/// A file of more than `most` bytes is an error, before it comes where the server says how long it is.
///
/// Proxies are taken from `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in either case;
/// root certificates are the system's.
///
/// # Errors
///
/// An unreachable host, a refused connection, a failed TLS handshake and a 4xx answer are errors at
/// once, so that the caller can turn to a mirror. Stalls, lost connections and passing server errors
/// (408, 425, 429 and 5xx) are errors after five attempts in a row that bring nothing new.
pub fn download(
    url: &str,
    to: &Path,
    sha256: Option<&str>,
    most: u64,
    progress: &dyn Progress,
) -> Result<Receipt, Error> {
    let proxy = proxy::for_url(url, &|name| std::env::var(name).ok())?;
    let job = Job {
        url,
        to,
        sha256,
        most,
        progress,
    };
    job.run(&Policy::default(), proxy)
}

/// One download, as the caller wants it.
struct Job<'a> {
    url: &'a str,
    to: &'a Path,
    sha256: Option<&'a str>,
    most: u64,
    progress: &'a dyn Progress,
}

impl Job<'_> {
    fn run(&self, policy: &Policy, proxy: Option<Proxy>) -> Result<Receipt, Error> {
        let client = Client::new(self.url, policy, proxy)?;
        let Some(mut part) = Part::open(self.to, self.progress)? else {
            return self.receipt_of_another();
        };
        let outcome = self.fill_and_check(&client, policy, &mut part);
        match outcome {
            Ok(receipt) => part.finish(self.to).map(|()| receipt),
            Err(error) => {
                let useless = matches!(error, Error::Digest { .. } | Error::TooLong { .. });
                if part.len() == 0 || useless {
                    part.delete()?;
                }
                Err(error)
            }
        }
    }

    /// Fills the part and checks its digest. A part pieced together from several answers that
    /// turns out wrong gets one more chance, in one piece from the start.
    fn fill_and_check(
        &self,
        client: &Client,
        policy: &Policy,
        part: &mut Part,
    ) -> Result<Receipt, Error> {
        self.fill(client, policy, part)?;
        let wrong = match self.check(part) {
            Err(wrong @ Error::Digest { .. }) if part.is_pieced() => wrong,
            checked => return checked,
        };
        self.progress
            .note(&format!("{wrong}, starting again from zero"));
        part.restart(None)?;
        self.fill(client, policy, part)?;
        self.check(part)
    }

    fn check(&self, part: &Part) -> Result<Receipt, Error> {
        self.receipt(part.len(), part.digest()?)
    }

    /// The receipt for the file that another process has brought.
    fn receipt_of_another(&self) -> Result<Receipt, Error> {
        let failed = Error::file(self.to, "read");
        let bytes = fs::metadata(self.to).map_err(&failed)?.len();
        self.receipt(bytes, sha256_of_file(self.to).map_err(&failed)?)
    }

    /// The receipt for a file of so many bytes with this digest, if that is the one that is wanted.
    fn receipt(&self, bytes: u64, actual: String) -> Result<Receipt, Error> {
        match self.sha256 {
            Some(expected) if !expected.eq_ignore_ascii_case(&actual) => Err(Error::Digest {
                what: self.url.to_string(),
                actual,
                expected: expected.to_string(),
            }),
            _ => Ok(Receipt {
                bytes,
                sha256: actual,
            }),
        }
    }

    /// Makes attempts until the part is complete or the patience is at its end.
    fn fill(&self, client: &Client, policy: &Policy, part: &mut Part) -> Result<(), Error> {
        let mut patience = Patience::new(policy, part.len());
        while let Err(Failure { error, again }) = self.attempt(client, policy, part) {
            let Some(pause) = patience.after(again, part.len()) else {
                return Err(error);
            };
            self.progress.note(&announcement(&error, again, pause));
            thread::sleep(pause);
        }
        Ok(())
    }

    fn attempt(&self, client: &Client, policy: &Policy, part: &mut Part) -> Result<(), Failure> {
        let validator = part.validator();
        if validator.is_none() && self.sha256.is_none() && part.len() > 0 {
            // Nothing could tell whether the rest still belongs to these bytes.
            part.restart(None)?;
        }
        let response = client.get(part.len(), validator.as_deref())?;
        let judged = answer::judge(self.url, &response, part.len(), validator.as_deref())?;
        let total = match judged {
            Answer::Whole { total } => {
                part.restart(answer::validator(&response))?;
                total
            }
            Answer::Rest { total } => {
                part.resume();
                total
            }
            Answer::Misfit => {
                part.restart(None)?;
                return Err(self.misfit());
            }
        };
        self.check_length(total.unwrap_or(0))?;
        let name = self.to.file_name().unwrap_or_default().to_string_lossy();
        self.progress.begin(&name, total, part.len());
        let poured = self.pour(response.into_body(), total, policy, part);
        self.progress.end();
        poured
    }

    /// Moves the body into the part and sees that it has the length that was announced. Where none
    /// was, a body cut short looks like a whole one, and only a digest can tell.
    fn pour(
        &self,
        body: Body,
        total: Option<u64>,
        policy: &Policy,
        part: &mut Part,
    ) -> Result<(), Failure> {
        let before = part.len();
        let take = |bytes: &[u8]| {
            self.check_length(part.len() + bytes.len() as u64)?;
            part.append(bytes)?;
            self.progress.advance(bytes.len() as u64);
            Ok(())
        };
        pour(body.into_reader(), take, |bytes, error| {
            trouble::of_body(self.url, policy, before + bytes, error)
        })?;
        match total {
            Some(total) if part.len() != total => Err(self.wrong_length(part, total)),
            _ => Ok(()),
        }
    }

    fn check_length(&self, bytes: u64) -> Result<(), Error> {
        match bytes > self.most {
            true => Err(Error::TooLong {
                url: self.url.to_string(),
                most: self.most,
            }),
            false => Ok(()),
        }
    }

    fn wrong_length(&self, part: &mut Part, total: u64) -> Failure {
        if part.len() < total {
            let source = io::Error::from(ErrorKind::UnexpectedEof);
            return trouble::lost(self.url.to_string(), part.len(), source);
        }
        let reason = format!("it has {} bytes, {total} were announced", part.len());
        match part.restart(None) {
            Ok(()) => trouble::unusable(self.url, reason).into(),
            Err(error) => error.into(),
        }
    }

    fn misfit(&self) -> Failure {
        Failure {
            error: trouble::unusable(self.url, "it does not continue what is there"),
            again: Again::AtOnce,
        }
    }
}

fn announcement(error: &Error, again: Again, pause: Duration) -> String {
    match again {
        Again::AtOnce => format!("{error}, starting again from zero"),
        _ => format!("{error}, trying again in {} s", pause.as_secs_f32()),
    }
}
