//! The state of a pickle being read: a stack with marks, a memo and the containers made so far.

use std::collections::HashMap;

use super::TorchError;
use super::cursor::Cursor;
use super::value::{Pickle, Value, ValueKind};

/// A pickle being read.
pub(super) struct Machine<'a, 'c> {
    pub(super) cursor: &'c mut Cursor<'a>,
    /// Where the present instruction is.
    pub(super) at: usize,
    /// The stack, cut at its marks, so that no instruction can reach below a mark.
    frames: Vec<Vec<Value<'a>>>,
    memo: HashMap<u32, Value<'a>>,
    pub(super) lists: Vec<Vec<Value<'a>>>,
}

impl<'a, 'c> Machine<'a, 'c> {
    /// A machine with an empty stack.
    pub(super) fn new(cursor: &'c mut Cursor<'a>) -> Self {
        Self {
            at: cursor.at(),
            cursor,
            frames: vec![Vec::new()],
            memo: HashMap::new(),
            lists: Vec::new(),
        }
    }

    /// Begins a new frame.
    pub(super) fn mark(&mut self) {
        self.frames.push(Vec::new());
    }

    /// Ends the pickle, which must have left one value.
    pub(super) fn stop(self) -> Result<Pickle<'a>, TorchError> {
        match self.frames.as_slice() {
            [frame] if frame.len() == 1 => {
                let top = self.top()?;
                Ok(Pickle {
                    top,
                    lists: self.lists,
                })
            }
            _ => Err(self.missing("one value at the end of the pickle", "none or more")),
        }
    }

    /// Adds to the container with this number.
    pub(super) fn extend(&mut self, list: usize, items: Vec<Value<'a>>) -> Result<(), TorchError> {
        match self.lists.get_mut(list) {
            Some(present) => present.extend(items),
            None => return Err(self.missing("a container", "none")),
        }
        Ok(())
    }

    /// Makes a container and returns its number.
    pub(super) fn store(&mut self, items: Vec<Value<'a>>) -> usize {
        self.lists.push(items);
        self.lists.len() - 1
    }

    /// Pushes an entry of the memo.
    pub(super) fn recall(&mut self, index: u32) -> Result<(), TorchError> {
        let at = self.at;
        let value = self.memo.get(&index).copied();
        self.push(value.ok_or(TorchError::UnknownMemo { at, index })?);
        Ok(())
    }

    /// Copies the top of the stack to an entry of the memo.
    pub(super) fn memorize(&mut self, index: u32) -> Result<(), TorchError> {
        let value = self.top()?;
        self.memo.insert(index, value);
        Ok(())
    }

    pub(super) fn push(&mut self, value: Value<'a>) {
        if let Some(frame) = self.frames.last_mut() {
            frame.push(value);
        }
    }

    pub(super) fn top(&self) -> Result<Value<'a>, TorchError> {
        let top = self.frames.last().and_then(|frame| frame.last());
        top.copied().ok_or_else(|| self.empty())
    }

    pub(super) fn pop(&mut self) -> Result<Value<'a>, TorchError> {
        let top = self.frames.last_mut().and_then(Vec::pop);
        top.ok_or_else(|| self.empty())
    }

    /// The upper `count` values, lowest first.
    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<Value<'a>>, TorchError> {
        let mut items = (0..count)
            .map(|_| self.pop())
            .collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        Ok(items)
    }

    /// The values above the last mark, lowest first.
    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Value<'a>>, TorchError> {
        // The lowest frame has no mark below it.
        match self.frames.pop() {
            Some(frame) if !self.frames.is_empty() => Ok(frame),
            _ => Err(self.missing("a mark on the stack", "none")),
        }
    }

    /// The number of the tuple on top.
    pub(super) fn pop_tuple(&mut self) -> Result<usize, TorchError> {
        let value = self.pop()?;
        match value.kind {
            ValueKind::Tuple(list) => Ok(list),
            _ => Err(value.unexpected("a tuple")),
        }
    }

    fn empty(&self) -> TorchError {
        self.missing("a value on the stack", "none")
    }

    /// The error that the present instruction needs something that is not there.
    pub(super) fn missing(&self, expected: &'static str, found: &'static str) -> TorchError {
        TorchError::Unexpected {
            at: self.at,
            expected,
            found,
        }
    }
}
