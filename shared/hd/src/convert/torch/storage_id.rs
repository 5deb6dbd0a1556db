//! A storage as a tensor names it, before its data comes.

use super::TorchError;
use super::value::{ElementType, Global, Pickle, Value, ValueKind};

/// A float32 storage: the bytes of each element, lowest first.
pub(super) type Words<'a> = &'a [[u8; 4]];

/// A storage as a tensor names it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct StorageId<'a> {
    pub(super) element: ElementType,
    pub(super) key: &'a str,
    /// The number of elements.
    pub(super) count: usize,
}

impl<'a> StorageId<'a> {
    /// `('storage', type, key, location, count, view)`, where the view belongs to PyTorch before 0.4.
    pub(super) fn new(pickle: &Pickle<'a>, value: &Value<'a>) -> Result<Self, TorchError> {
        let ValueKind::Persistent(list) = value.kind else {
            return Err(value.unexpected("a storage"));
        };
        let [tag, element, key, _location, count, view] =
            pickle.fields(value, list, "a storage of 6 parts")?;
        if tag.kind != ValueKind::Text("storage") {
            return Err(tag.unexpected("the word \"storage\""));
        }
        if view.kind != ValueKind::None {
            return Err(view.unexpected("None, not a view of another storage"));
        }
        Ok(Self {
            element: Self::element(&element)?,
            key: key.text()?,
            count: count.count()?,
        })
    }

    fn element(value: &Value<'a>) -> Result<ElementType, TorchError> {
        match value.kind {
            ValueKind::Global(Global::Storage(element)) => Ok(element),
            _ => Err(value.unexpected("a type of storage")),
        }
    }
}
