//! How patient a download is: the time-outs, and which failures are worth another attempt.

use std::time::Duration;

use crate::error::Error;

/// The waiting times and numbers of attempts. Tests pass shorter ones.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    /// For the name to resolve, and again for the connection including TLS.
    pub(super) connect: Duration,
    /// Without a single byte from the server.
    pub(super) stall: Duration,
    /// Before the second attempt; doubled for each one after it.
    pub(super) first_delay: Duration,
    /// At most, whatever the server's `Retry-After` says.
    pub(super) longest_retry_after: Duration,
    /// In a row that bring no new byte.
    pub(super) fruitless_attempts: u32,
    /// In all, for a server that drops each connection after a few bytes.
    pub(super) attempts: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            first_delay: Duration::from_millis(500),
            longest_retry_after: Duration::from_secs(30),
            fruitless_attempts: 5,
            attempts: 50,
        }
    }
}

/// Why an attempt failed, and whether another one could do better.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) again: Again,
}

/// Whether to try again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Again {
    /// No: the answer would be the same, or the caller's next mirror is the better bet.
    Never,
    /// Yes, without waiting: the next request differs from the one that failed.
    AtOnce,
    /// Yes, after a pause, which the server may have named.
    Later(Option<Duration>),
}

/// An error that no second attempt can mend.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure {
            error,
            again: Again::Never,
        }
    }
}

/// Counts the attempts of one download.
#[derive(Debug)]
pub(super) struct Patience<'a> {
    policy: &'a Policy,
    attempts: u32,
    fruitless: u32,
    longest: u64,
}

impl<'a> Patience<'a> {
    /// Full patience, for a part that has `len` bytes.
    pub(super) fn new(policy: &'a Policy, len: u64) -> Self {
        Patience {
            policy,
            attempts: 0,
            fruitless: 0,
            longest: len,
        }
    }

    /// How long to wait before the next attempt, now that one has failed and left `len` bytes;
    /// `None` to give up. Only a part longer than ever before counts as progress: a server that
    /// cannot resume may send the same first half again and again.
    pub(super) fn after(&mut self, again: Again, len: u64) -> Option<Duration> {
        self.attempts += 1;
        self.fruitless = if len > self.longest {
            1
        } else {
            self.fruitless + 1
        };
        self.longest = self.longest.max(len);
        if self.attempts >= self.policy.attempts || self.fruitless >= self.policy.fruitless_attempts
        {
            return None;
        }
        match again {
            Again::Never => None,
            Again::AtOnce => Some(Duration::ZERO),
            Again::Later(asked) => Some(self.pause(asked)),
        }
    }

    fn pause(&self, asked: Option<Duration>) -> Duration {
        let doublings = self.fruitless.saturating_sub(1).min(16);
        let own = self.policy.first_delay * 2_u32.pow(doublings);
        let asked = asked.unwrap_or_default();
        own.max(asked.min(self.policy.longest_retry_after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(patience: &mut Patience, len: u64) -> Option<f32> {
        let pause = patience.after(Again::Later(None), len);
        pause.map(|pause| pause.as_secs_f32())
    }

    #[test]
    fn doubles_the_pause_and_gives_up_after_the_fifth_attempt() {
        let policy = Policy::default();
        let mut patience = Patience::new(&policy, 0);
        let pauses: Vec<_> = (0..5).map(|_| seconds(&mut patience, 0)).collect();
        assert_eq!(pauses, [Some(0.5), Some(1.0), Some(2.0), Some(4.0), None]);
    }

    #[test]
    fn starts_counting_anew_after_progress() {
        let policy = Policy::default();
        let mut patience = Patience::new(&policy, 0);
        assert_eq!(seconds(&mut patience, 0), Some(0.5));
        assert_eq!(seconds(&mut patience, 0), Some(1.0));
        assert_eq!(seconds(&mut patience, 10), Some(0.5));
        // The same ten bytes once more are no progress.
        assert_eq!(seconds(&mut patience, 10), Some(1.0));
    }

    #[test]
    fn is_bounded_even_when_each_attempt_brings_a_byte() {
        let policy = Policy::default();
        let mut patience = Patience::new(&policy, 0);
        let attempts = (1..1000).take_while(|&len| seconds(&mut patience, len).is_some());
        assert_eq!(attempts.count(), 49);
    }

    #[test]
    fn follows_retry_after_up_to_the_limit() {
        let policy = Policy::default();
        let ask = |asked| {
            let asked = Again::Later(Some(Duration::from_secs(asked)));
            Patience::new(&policy, 0).after(asked, 0)
        };
        assert_eq!(ask(7), Some(Duration::from_secs(7)));
        assert_eq!(ask(3600), Some(Duration::from_secs(30)));
        assert_eq!(ask(0), Some(Duration::from_millis(500)));
    }
}
