//! How a long transfer tells the program how far it is. The library draws nothing itself.

/// Told how a transfer goes; the programs draw a bar from it.
///
/// [`begin`](Progress::begin) and [`end`](Progress::end) come in pairs, one pair for each attempt.
pub trait Progress {
    /// An attempt begins. `what` names the file, `total` is its full length in bytes where that is
    /// known, and `already` how many of them are there from before.
    fn begin(&self, what: &str, total: Option<u64>, already: u64);

    /// So many more bytes have come.
    fn advance(&self, bytes: u64);

    /// Something the user should know, such as "connection lost, trying again in 1 s".
    fn note(&self, message: &str);

    /// The attempt is over, well or badly.
    fn end(&self);
}

/// Tells nobody.
impl Progress for () {
    fn begin(&self, _what: &str, _total: Option<u64>, _already: u64) {}
    fn advance(&self, _bytes: u64) {}
    fn note(&self, _message: &str) {}
    fn end(&self) {}
}
