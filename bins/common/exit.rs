//! How a program ends: its exit status, and the errors that decide it.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::signals::INTERRUPTED;

/// The exit status of a program that was called wrongly.
pub(crate) const MISUSED: u8 = 2;

/// Prints an error, its causes and its hint, and chooses the exit status.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    if error.is::<Silent>() {
        return ExitCode::from(MISUSED);
    }
    log::error!("{}", told(error));
    if let Some(hint) = hint(error) {
        log::error!("hint: {hint}");
    }
    match error.downcast_ref() {
        Some(hd::Error::Interrupted { .. }) => ExitCode::from(INTERRUPTED),
        _ if error.is::<Misuse>() => ExitCode::from(MISUSED),
        _ => ExitCode::FAILURE,
    }
}

/// Wrong usage about which everything was said already.
#[derive(Debug)]
pub struct Silent;

impl Silent {
    /// An error that ends the program with the status of wrong usage, without another word.
    ///
    /// # Errors
    /// Always.
    pub fn misuse() -> anyhow::Result<()> {
        Err(Self.into())
    }
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrong usage")
    }
}

impl std::error::Error for Silent {}

/// Arguments that make no sense together.
#[derive(Debug)]
struct Misuse(String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Misuse {}

/// An error that ends the program with the status of wrong usage.
///
/// # Errors
/// Always.
pub fn misuse<T>(reason: String) -> anyhow::Result<T> {
    Err(Misuse(reason).into())
}

/// A program's error with a remedy, which is printed as a hint below the message.
#[derive(Debug)]
pub struct Advice {
    message: String,
    hint: String,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Advice {
    /// An error with a message, as other errors have, and the hint for it.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        let (message, hint) = (message.into(), hint.into());
        Self {
            message,
            hint,
            cause: None,
        }
    }

    /// The same error with its cause, which is printed behind the message.
    pub fn because(self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let cause = Some(cause.into());
        Self { cause, ..self }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl std::error::Error for Advice {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// The hint of the first error in the chain that has one.
fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let advice = cause.downcast_ref::<Advice>();
        let of_library = || cause.downcast_ref::<hd::Error>()?.hint();
        advice.map(|advice| advice.hint.clone()).or_else(of_library)
    })
}

/// An error and its causes in one line. The operating system's reasons are told in words of our own.
pub fn told(error: &anyhow::Error) -> String {
    let causes = error
        .chain()
        .map(|cause| match cause.downcast_ref::<io::Error>() {
            Some(cause) => hd::reason(cause),
            None => cause.to_string(),
        });
    causes.collect::<Vec<_>>().join(": ")
}

/// Whether the reader of stdout closed its end, after which Unix programs stop without a word. A connection that broke
/// is a failure, and lies deeper in the chain than the errors that are looked at here.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = match error.downcast_ref() {
        Some(hd::Error::Io { source, .. }) => Some(source),
        _ => error.downcast_ref::<io::Error>(),
    };
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    fn broken_pipe() -> io::Error {
        io::ErrorKind::BrokenPipe.into()
    }

    #[test]
    fn only_a_broken_pipe_of_the_program_itself_is_success() {
        let written = hd::Error::io("stdout", "write")(broken_pipe());
        assert!(is_broken_pipe(&broken_pipe().into()));
        assert!(is_broken_pipe(&written.into()));
        let with_context = Err::<(), _>(broken_pipe()).context("cannot write");
        assert!(is_broken_pipe(&with_context.unwrap_err()));
        let server = Advice::new("the server hung up", "try again").because(broken_pipe());
        assert!(!is_broken_pipe(&server.into()));
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(!is_broken_pipe(&denied.into()));
    }

    #[test]
    fn hints_of_the_library_and_of_programs_are_found_below_a_context() {
        let advice = Advice::new("no base 'x'", "see the list").because(broken_pipe());
        let error = anyhow::Error::from(advice).context("while fetching");
        assert_eq!(hint(&error).as_deref(), Some("see the list"));
        assert_eq!(
            format!("{error:#}"),
            "while fetching: no base 'x': broken pipe"
        );
        let interrupted = hd::Error::Interrupted {
            path: "x".into(),
            done: 1,
            files: 2,
        };
        assert_eq!(
            hint(&interrupted.into()).as_deref(),
            Some("run it again to go on from there")
        );
        assert_eq!(hint(&broken_pipe().into()), None);
    }
}
