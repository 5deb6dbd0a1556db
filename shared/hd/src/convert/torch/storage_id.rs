//! A storage as a tensor names it, before its data comes.

use super::TorchError;
use super::value::{Global, Pickle, Value, ValueKind};
use crate::convert::element_type::ElementType;

/// The data of a storage.
#[derive(Clone, Copy)]
pub(super) struct Elements<'a> {
    pub(super) element: ElementType,
    pub(super) bytes: &'a [u8],
}

impl Elements<'_> {
    /// How many there are.
    pub(super) fn count(self) -> usize {
        self.bytes.len() / self.element.size()
    }

    /// The element at this place, if it is a number with a fraction.
    pub(super) fn get(self, place: usize) -> Option<f32> {
        let size = self.element.size();
        self.element
            .read(self.bytes.get(place.checked_mul(size)?..)?)
    }
}

/// A storage as a tensor names it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct StorageId<'a> {
    pub(super) element: ElementType,
    pub(super) key: &'a str,
    /// The number of elements.
    pub(super) count: usize,
}

impl<'a> StorageId<'a> {
    /// `('storage', type, key, location, count, view)`, where the view belongs to PyTorch before 0.4 and is left out in
    /// the zip format.
    pub(super) fn new(pickle: &Pickle<'a>, value: &Value<'a>) -> Result<Self, TorchError> {
        let ValueKind::Persistent(list) = value.kind else {
            return Err(value.unexpected("a storage"));
        };
        let ([tag, element, key, _location, count], view) = match *pickle.items(list) {
            [a, b, c, d, e] => ([a, b, c, d, e], None),
            [a, b, c, d, e, view] => ([a, b, c, d, e], Some(view)),
            _ => return Err(value.wrong_parts("a storage of 6 parts")),
        };
        if tag.kind != ValueKind::Text("storage") {
            return Err(tag.unexpected("the word \"storage\""));
        }
        if let Some(view) = view.filter(|view| view.kind != ValueKind::None) {
            return Err(view.unexpected("None, not a view of another storage"));
        }
        Ok(Self {
            element: Self::element(&element)?,
            key: key.text()?,
            count: count.count()?,
        })
    }

    /// How many bytes its data have. A product too large for the machine is certainly more than a file has.
    pub(super) fn bytes(&self) -> usize {
        self.count.saturating_mul(self.element.size())
    }

    fn element(value: &Value<'a>) -> Result<ElementType, TorchError> {
        match value.kind {
            ValueKind::Global(Global::Storage(element)) => Ok(element),
            _ => Err(value.unexpected("a type of storage")),
        }
    }
}
