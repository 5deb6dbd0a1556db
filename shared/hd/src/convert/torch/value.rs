//! What a pickle holds once it has been read: plain values, and calls that are described but never made.
//!
//! Containers are numbers into one list of lists. So a container can be in many places at once, or in itself,
//! at no cost, and dropping the whole never recurses.

use super::TorchError;
use super::error::excerpt;
use crate::convert::element_type::ElementType;

/// A Python object that a pickle may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(ElementType),
    /// A plain type, of which checkpoints hold values that are no tensors.
    Plain,
}

impl Global {
    /// The object called `name` in `module`, if a state dict needs it; `at` is for the error.
    pub(super) fn find(at: usize, module: &str, name: &str) -> Result<Self, TorchError> {
        let full = || excerpt(&format!("{module}.{name}"));
        match (module, name) {
            ("collections", "OrderedDict") => Ok(Self::OrderedDict),
            ("torch._utils", "_rebuild_tensor_v2") => Ok(Self::RebuildTensor),
            ("torch._utils", "_rebuild_parameter") => Ok(Self::RebuildParameter),
            ("collections", "Counter") | ("torch", "Size" | "device") => Ok(Self::Plain),
            ("__builtin__" | "builtins", "set") => Ok(Self::Plain),
            ("torch", name) => match name.strip_suffix("Storage") {
                Some(kind) => element(kind)
                    .map(Self::Storage)
                    .ok_or_else(|| TorchError::UnsupportedStorage { at, name: full() }),
                None if DTYPES.contains(&name) => Ok(Self::Plain),
                None => Err(TorchError::ForbiddenGlobal { at, name: full() }),
            },
            _ => Err(TorchError::ForbiddenGlobal { at, name: full() }),
        }
    }
}

/// The types of elements, which a checkpoint may name among its settings.
const DTYPES: [&str; 9] = [
    "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8",
];

/// The element type of the storage that PyTorch calls so.
fn element(kind: &str) -> Option<ElementType> {
    Some(match kind {
        "Double" => ElementType::Double,
        "Float" => ElementType::Float,
        "Half" => ElementType::Half,
        "BFloat16" => ElementType::Bfloat,
        "Long" => ElementType::Whole(8),
        "Int" => ElementType::Whole(4),
        "Short" => ElementType::Whole(2),
        "Char" | "Byte" | "Bool" => ElementType::Whole(1),
        _ => return None,
    })
}

/// The kinds of value; a number in a container is its place in the pickle's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind<'a> {
    None,
    Bool(bool),
    Int(i64),
    Text(&'a str),
    Global(Global),
    Tuple(usize),
    List(usize),
    /// A dict whose list holds keys and values by turns.
    Dict(usize),
    /// A storage, named by the tuple in the list.
    Persistent(usize),
    /// A call of the global with the arguments in the list.
    Call(Global, usize),
    /// A value that no tensor is made of, such as a float.
    Other,
}

/// A value and the offset of the instruction that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) at: usize,
    pub(super) kind: ValueKind<'a>,
}

impl<'a> Value<'a> {
    /// The error that this value is not what was needed.
    pub(super) fn unexpected(&self, expected: &'static str) -> TorchError {
        let found = match self.kind {
            ValueKind::None => "None",
            ValueKind::Bool(_) => "a boolean",
            ValueKind::Int(number) if number < 0 => "a negative integer",
            ValueKind::Int(_) => "an integer",
            ValueKind::Text(_) => "a string",
            ValueKind::Global(_) => "a global",
            ValueKind::Tuple(_) => "a tuple",
            ValueKind::List(_) => "a list",
            ValueKind::Dict(_) => "a dict",
            ValueKind::Persistent(_) => "a storage",
            ValueKind::Call(..) => "a call",
            ValueKind::Other => "a setting",
        };
        TorchError::Unexpected {
            at: self.at,
            expected,
            found,
        }
    }

    /// The error that this value has not as many parts as it must.
    pub(super) fn wrong_parts(&self, expected: &'static str) -> TorchError {
        TorchError::Unexpected {
            at: self.at,
            expected,
            found: "another number of parts",
        }
    }

    pub(super) fn int(&self) -> Result<i64, TorchError> {
        match self.kind {
            ValueKind::Int(number) => Ok(number),
            _ => Err(self.unexpected("an integer")),
        }
    }

    /// An integer that counts something.
    pub(super) fn count(&self) -> Result<usize, TorchError> {
        usize::try_from(self.int()?).map_err(|_| self.unexpected("a count"))
    }

    pub(super) fn text(&self) -> Result<&'a str, TorchError> {
        match self.kind {
            ValueKind::Text(text) => Ok(text),
            _ => Err(self.unexpected("a string")),
        }
    }
}

/// A pickle that has been read: its one value, and the contents of all containers.
pub(super) struct Pickle<'a> {
    pub(super) top: Value<'a>,
    pub(super) lists: Vec<Vec<Value<'a>>>,
}

impl<'a> Pickle<'a> {
    /// The contents of the container with this number.
    pub(super) fn items(&self, list: usize) -> &[Value<'a>] {
        self.lists.get(list).map_or(&[], Vec::as_slice)
    }

    /// The contents of the container with this number, which belongs to `owner`, if there are `N`.
    pub(super) fn fields<const N: usize>(
        &self,
        owner: &Value<'a>,
        list: usize,
        expected: &'static str,
    ) -> Result<[Value<'a>; N], TorchError> {
        <[Value<'a>; N]>::try_from(self.items(list)).map_err(|_| owner.wrong_parts(expected))
    }

    /// The contents of a tuple of counts, such as a shape.
    pub(super) fn counts(&self, value: &Value<'a>) -> Result<Vec<usize>, TorchError> {
        match value.kind {
            ValueKind::Tuple(list) => self.items(list).iter().map(Value::count).collect(),
            _ => Err(value.unexpected("a tuple of counts")),
        }
    }

    /// The contents of a list.
    pub(super) fn list(&self, value: &Value<'a>) -> Result<&[Value<'a>], TorchError> {
        match value.kind {
            ValueKind::List(list) => Ok(self.items(list)),
            _ => Err(value.unexpected("a list")),
        }
    }

    /// The keys and values of a dict.
    pub(super) fn pairs(&self, value: &Value<'a>) -> Result<&[[Value<'a>; 2]], TorchError> {
        match value.kind {
            ValueKind::Dict(list) => Ok(self.items(list).as_chunks().0),
            _ => Err(value.unexpected("a dict")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: ValueKind<'_>) -> Value<'_> {
        Value { at: 9, kind }
    }

    #[test]
    fn finds_only_the_globals_of_a_state_dict() {
        let find = |module, name| Global::find(4, module, name);
        assert_eq!(find("collections", "OrderedDict"), Ok(Global::OrderedDict));
        let parameter = find("torch._utils", "_rebuild_parameter");
        assert_eq!(parameter, Ok(Global::RebuildParameter));
        let error = |name: &str| {
            let name = name.to_owned();
            Err(TorchError::ForbiddenGlobal { at: 4, name })
        };
        assert_eq!(find("os", "system"), error("os.system"));
        assert_eq!(find("builtins", "eval"), error("builtins.eval"));
        assert_eq!(find("torch", "_utils"), error("torch._utils"));
        assert_eq!(find("torch", "OrderedDict"), error("torch.OrderedDict"));
    }

    #[test]
    fn names_a_storage_of_another_type() {
        for name in ["ComplexFloatStorage", "QInt8Storage"] {
            let error = TorchError::UnsupportedStorage {
                at: 4,
                name: format!("torch.{name}"),
            };
            assert_eq!(Global::find(4, "torch", name), Err(error));
        }
    }

    #[test]
    fn repeats_only_the_beginning_of_a_long_name() {
        let error = Global::find(4, "os", &"x".repeat(1 << 20)).unwrap_err();
        assert!(error.to_string().len() < 250, "{error}");
    }

    #[test]
    fn a_count_is_not_negative() {
        assert_eq!(value(ValueKind::Int(3)).count(), Ok(3));
        let error = value(ValueKind::Int(-1)).count().unwrap_err().to_string();
        assert_eq!(
            error,
            "at byte 9: expected a count, found a negative integer"
        );
        let error = value(ValueKind::Bool(true))
            .count()
            .unwrap_err()
            .to_string();
        assert_eq!(error, "at byte 9: expected an integer, found a boolean");
    }

    #[test]
    fn counts_the_parts_of_a_container() {
        let top = value(ValueKind::Tuple(0));
        let lists = vec![vec![value(ValueKind::None), value(ValueKind::Int(2))]];
        let pickle = Pickle { top, lists };
        let [_, second] = pickle.fields(&top, 0, "two parts").unwrap();
        assert_eq!(second.kind, ValueKind::Int(2));
        let error = pickle
            .fields::<3>(&top, 0, "three parts")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "at byte 9: expected three parts, found another number of parts"
        );
    }
}
