//! A small machine for Python's pickles of protocol 2.
//!
//! It knows the instructions that a state dict needs and refuses all others. It calls nothing: a pickled call
//! becomes a description of that call. Each instruction takes at least a byte and makes at most one value, so the
//! limit on instructions bounds the stack, the memo and the containers as well. The instructions are described in
//! the source of Python's module `pickletools`.

use super::TorchError;
use super::cursor::Cursor;
use super::machine::Machine;
use super::opcode;
use super::value::{Global, Pickle, Value, ValueKind};

/// The most instructions in one pickle. MobileNetV2 takes 11 thousand for its 314 tensors.
const MAX_INSTRUCTIONS: usize = 1 << 18;

/// Reads the pickle at the cursor.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>) -> Result<Pickle<'a>, TorchError> {
    let mut machine = Machine::new(cursor);
    machine.check_protocol()?;
    for _ in 0..MAX_INSTRUCTIONS {
        machine.at = machine.cursor.at();
        match machine.cursor.byte()? {
            opcode::STOP => return machine.stop(),
            opcode => machine.step(opcode)?,
        }
    }
    Err(TorchError::TooManyInstructions {
        at: machine.cursor.at(),
        limit: MAX_INSTRUCTIONS,
    })
}

impl<'a> Machine<'a, '_> {
    /// Every pickle of protocol 2 begins by saying so.
    fn check_protocol(&mut self) -> Result<(), TorchError> {
        match self.cursor.array()? {
            [opcode::PROTO, 2] => Ok(()),
            [opcode::PROTO, _] => Err(self.missing("a pickle of protocol 2", "another protocol")),
            [opcode, _] => Err(TorchError::UnknownOpcode {
                at: self.at,
                opcode,
            }),
        }
    }

    /// Carries out an instruction that leaves a value on the stack, or hands it on.
    fn step(&mut self, opcode: u8) -> Result<(), TorchError> {
        let kind = match opcode {
            opcode::NONE => ValueKind::None,
            opcode::NEWTRUE => ValueKind::Bool(true),
            opcode::NEWFALSE => ValueKind::Bool(false),
            opcode::BININT => ValueKind::Int(i32::from_le_bytes(self.cursor.array()?).into()),
            opcode::BININT1 => ValueKind::Int(self.cursor.byte()?.into()),
            opcode::BININT2 => ValueKind::Int(u16::from_le_bytes(self.cursor.array()?).into()),
            opcode::LONG1 => self.long()?,
            opcode::BINFLOAT => self.cursor.take(8).map(|_| ValueKind::Other)?,
            opcode::BINUNICODE => ValueKind::Text(self.text()?),
            opcode::GLOBAL => ValueKind::Global(self.global()?),
            opcode::EMPTY_LIST => ValueKind::List(self.store(Vec::new())),
            opcode::EMPTY_DICT => ValueKind::Dict(self.store(Vec::new())),
            opcode::EMPTY_TUPLE => self.tuple(0)?,
            opcode::TUPLE1 => self.tuple(1)?,
            opcode::TUPLE2 => self.tuple(2)?,
            opcode::TUPLE3 => self.tuple(3)?,
            opcode::TUPLE => ValueKind::Tuple(self.pop_to_mark().map(|items| self.store(items))?),
            opcode::BINPERSID => ValueKind::Persistent(self.pop_tuple()?),
            opcode::REDUCE => self.call()?,
            _ => return self.change(opcode),
        };
        self.push(Value { at: self.at, kind });
        Ok(())
    }

    /// Carries out an instruction that changes what is already there.
    fn change(&mut self, opcode: u8) -> Result<(), TorchError> {
        match opcode {
            opcode::MARK => {
                self.mark();
                Ok(())
            }
            opcode::BINGET => self.byte().and_then(|index| self.recall(index)),
            opcode::LONG_BINGET => self.word().and_then(|index| self.recall(index)),
            opcode::BINPUT => self.byte().and_then(|index| self.memorize(index)),
            opcode::LONG_BINPUT => self.word().and_then(|index| self.memorize(index)),
            opcode::APPEND => self.pop_many(1).and_then(|items| self.append(items)),
            opcode::APPENDS => self.pop_to_mark().and_then(|items| self.append(items)),
            opcode::SETITEM => self.pop_many(2).and_then(|items| self.set(items)),
            opcode::SETITEMS => self.pop_to_mark().and_then(|items| self.set(items)),
            opcode::BUILD => self.build(),
            opcode => Err(TorchError::UnknownOpcode {
                at: self.at,
                opcode,
            }),
        }
    }

    fn byte(&mut self) -> Result<u32, TorchError> {
        self.cursor.byte().map(u32::from)
    }

    fn word(&mut self) -> Result<u32, TorchError> {
        self.cursor.array().map(u32::from_le_bytes)
    }

    /// An integer of any length, lowest byte first. One that is longer than 64 bits counts nothing.
    fn long(&mut self) -> Result<ValueKind<'a>, TorchError> {
        let length = self.cursor.byte()?;
        let bytes = self.cursor.take(length.into())?;
        let sign = match bytes.last() {
            Some(&last) if last >= 0x80 => 0xff,
            _ => 0,
        };
        let mut number = [sign; 8];
        Ok(match number.get_mut(..bytes.len()) {
            Some(low) => {
                low.copy_from_slice(bytes);
                ValueKind::Int(i64::from_le_bytes(number))
            }
            None => ValueKind::Other,
        })
    }

    fn text(&mut self) -> Result<&'a str, TorchError> {
        // A length that the machine cannot count is more than is left, so the cursor refuses it.
        let length = usize::try_from(self.word()?).unwrap_or(usize::MAX);
        let bytes = self.cursor.take(length)?;
        self.utf8(bytes)
    }

    fn global(&mut self) -> Result<Global, TorchError> {
        let module = self.cursor.line().and_then(|line| self.utf8(line))?;
        let name = self.cursor.line().and_then(|line| self.utf8(line))?;
        Global::find(self.at, module, name)
    }

    fn utf8(&self, bytes: &'a [u8]) -> Result<&'a str, TorchError> {
        std::str::from_utf8(bytes).map_err(|_| TorchError::NotText { at: self.at })
    }

    fn tuple(&mut self, count: usize) -> Result<ValueKind<'a>, TorchError> {
        let items = self.pop_many(count)?;
        Ok(ValueKind::Tuple(self.store(items)))
    }

    /// Describes a call. Only an ordered dict is made at once, since later instructions fill it.
    fn call(&mut self) -> Result<ValueKind<'a>, TorchError> {
        let arguments = self.pop_tuple()?;
        let callee = self.pop()?;
        match callee.kind {
            ValueKind::Global(Global::OrderedDict) => match self.lists.get(arguments) {
                Some(items) if items.is_empty() => Ok(ValueKind::Dict(self.store(Vec::new()))),
                _ => Err(self.missing("an OrderedDict made empty", "arguments")),
            },
            ValueKind::Global(global @ (Global::RebuildTensor | Global::RebuildParameter)) => {
                Ok(ValueKind::Call(global, arguments))
            }
            ValueKind::Global(Global::Plain) => Ok(ValueKind::Other),
            _ => Err(callee.unexpected("a function that makes a tensor or a dict")),
        }
    }

    /// Drops attributes set on a dict, such as the `_metadata` of a state dict.
    fn build(&mut self) -> Result<(), TorchError> {
        let state = self.pop()?;
        let target = self.top()?;
        match (target.kind, state.kind) {
            (ValueKind::Dict(_), ValueKind::Dict(_)) | (ValueKind::Other, _) => Ok(()),
            (ValueKind::Dict(_), _) => Err(state.unexpected("a dict of attributes")),
            _ => Err(target.unexpected("a dict")),
        }
    }

    fn append(&mut self, items: Vec<Value<'a>>) -> Result<(), TorchError> {
        let target = self.top()?;
        match target.kind {
            ValueKind::List(list) => self.extend(list, items),
            _ => Err(target.unexpected("a list")),
        }
    }

    fn set(&mut self, items: Vec<Value<'a>>) -> Result<(), TorchError> {
        let target = self.top()?;
        match target.kind {
            ValueKind::Dict(list) if items.len().is_multiple_of(2) => self.extend(list, items),
            ValueKind::Dict(_) => Err(self.missing("keys with values", "a key without")),
            ValueKind::Other => Ok(()),
            _ => Err(target.unexpected("a dict")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{pickle, text};
    use super::*;

    fn read_body(body: &[u8]) -> Result<Vec<ValueKind<'static>>, TorchError> {
        let bytes: &'static [u8] = pickle(body).leak();
        let pickle = read(&mut Cursor::new(bytes))?;
        let kind = |value: &Value<'static>| value.kind;
        Ok(match pickle.top.kind {
            ValueKind::Tuple(list) | ValueKind::List(list) | ValueKind::Dict(list) => {
                pickle.items(list).iter().map(kind).collect()
            }
            kind => vec![kind],
        })
    }

    fn unexpected(at: usize, expected: &'static str, found: &'static str) -> TorchError {
        TorchError::Unexpected {
            at,
            expected,
            found,
        }
    }

    #[test]
    fn reads_numbers_constants_and_text() {
        let body = [
            &b"(NK\xffM\x00\x01J\xff\xff\xff\xff\x88\x89"[..],
            &text("\u{e9}"),
            b"t",
        ];
        let expected = [
            ValueKind::None,
            ValueKind::Int(255),
            ValueKind::Int(256),
            ValueKind::Int(-1),
            ValueKind::Bool(true),
            ValueKind::Bool(false),
            ValueKind::Text("\u{e9}"),
        ];
        assert_eq!(read_body(&body.concat()).unwrap(), expected);
    }

    #[test]
    fn reads_long_integers_and_passes_over_what_counts_nothing() {
        let body = b"(\x8a\x00\x8a\x01\xff\x8a\x06\x00\x00\x00\x00\x00\x01G\x3f\xb9\x99\x99\x99\x99\x99\x9a\
                     \x8a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01ctorch\nSize\n(K\x01t\x85Rt";
        let expected = [
            ValueKind::Int(0),
            ValueKind::Int(-1),
            ValueKind::Int(1 << 40),
            ValueKind::Other,
            ValueKind::Other,
            ValueKind::Other,
        ];
        assert_eq!(read_body(body).unwrap(), expected);
    }

    #[test]
    fn fills_lists_and_dicts_one_by_one_and_by_mark() {
        let ints = |numbers: &[i64]| {
            numbers
                .iter()
                .copied()
                .map(ValueKind::Int)
                .collect::<Vec<_>>()
        };
        assert_eq!(read_body(b"]K\x01a(K\x02K\x03e"), Ok(ints(&[1, 2, 3])));
        let dict = b"}K\x01K\x02s(K\x03K\x04u";
        assert_eq!(read_body(dict), Ok(ints(&[1, 2, 3, 4])));
        assert_eq!(read_body(b"K\x01K\x02K\x03\x87"), Ok(ints(&[1, 2, 3])));
    }

    #[test]
    fn a_recalled_dict_is_the_same_dict() {
        let kinds = read_body(b"}q\x07K\x01r\x00\x01\x00\x00h\x07\x87").unwrap();
        assert_eq!(
            kinds,
            [ValueKind::Dict(0), ValueKind::Int(1), ValueKind::Dict(0)]
        );
    }

    #[test]
    fn refuses_a_memo_entry_that_was_never_stored() {
        let error = TorchError::UnknownMemo { at: 2, index: 258 };
        assert_eq!(read_body(b"j\x02\x01\x00\x00"), Err(error));
    }

    #[test]
    fn refuses_an_opcode_that_no_state_dict_needs() {
        let error = |opcode| TorchError::UnknownOpcode { at: 3, opcode };
        // INST, OBJ, NEWOBJ, EXT1 and STACK_GLOBAL lead to objects or calls; FRAME is harmless.
        for opcode in [b'i', b'o', 0x81, 0x82, 0x93, 0x95] {
            assert_eq!(read_body(&[b'N', opcode]), Err(error(opcode)));
        }
    }

    #[test]
    fn refuses_a_forbidden_global_by_name() {
        let error = TorchError::ForbiddenGlobal {
            at: 2,
            name: "os.system".to_owned(),
        };
        assert_eq!(
            error.to_string(),
            "at byte 2: global \"os.system\" is not one that a state dict needs, and nothing of the file is run; save the \
             network's state_dict() alone"
        );
        let call = [&b"cos\nsystem\n"[..], &text("true"), b"\x85R"].concat();
        assert_eq!(read_body(&call), Err(error));
    }

    #[test]
    fn refuses_to_call_what_is_not_a_function_of_torch() {
        let expected = "a function that makes a tensor or a dict";
        let call = read_body(b"ctorch\nFloatStorage\n)R");
        assert_eq!(call, Err(unexpected(2, expected, "a global")));
        assert_eq!(
            read_body(b"K\x01)R"),
            Err(unexpected(2, expected, "an integer"))
        );
    }

    #[test]
    fn refuses_an_ordered_dict_with_arguments() {
        let error = unexpected(29, "an OrderedDict made empty", "arguments");
        assert_eq!(read_body(b"ccollections\nOrderedDict\n]\x85R"), Err(error));
    }

    #[test]
    fn sets_attributes_of_dicts_only() {
        assert_eq!(read_body(b"}}b"), Ok(vec![]));
        let error = unexpected(3, "a dict of attributes", "None");
        assert_eq!(read_body(b"}Nb"), Err(error));
        assert_eq!(read_body(b"]}b"), Err(unexpected(2, "a dict", "a list")));
    }

    #[test]
    fn refuses_to_reach_below_a_mark() {
        let none = |at| Err(unexpected(at, "a value on the stack", "none"));
        assert_eq!(
            read_body(b"N("),
            Err(unexpected(
                4,
                "one value at the end of the pickle",
                "none or more"
            ))
        );
        assert_eq!(read_body(b"N(\x85"), none(4));
        assert_eq!(read_body(b"N(q\x00"), none(4));
        assert_eq!(
            read_body(b"Nt"),
            Err(unexpected(3, "a mark on the stack", "none"))
        );
    }

    #[test]
    fn refuses_a_key_without_a_value() {
        let error = unexpected(5, "keys with values", "a key without");
        assert_eq!(read_body(b"}(Nu"), Err(error));
    }

    #[test]
    fn refuses_a_string_that_is_longer_than_the_file() {
        let error = TorchError::Truncated {
            at: 7,
            needed: u32::MAX as usize,
            left: 3,
        };
        assert_eq!(read_body(b"X\xff\xff\xff\xffab"), Err(error));
    }

    #[test]
    fn refuses_a_string_that_is_not_utf8() {
        let bytes = b"X\x01\x00\x00\x00\xff";
        assert_eq!(read_body(bytes), Err(TorchError::NotText { at: 2 }));
    }

    #[test]
    fn refuses_another_protocol() {
        let read = read(&mut Cursor::new(b"\x80\x04N.")).map(|_| ());
        assert_eq!(
            read,
            Err(unexpected(0, "a pickle of protocol 2", "another protocol"))
        );
    }

    #[test]
    fn refuses_a_pickle_without_end() {
        let error = TorchError::TooManyInstructions {
            at: 2 + MAX_INSTRUCTIONS,
            limit: MAX_INSTRUCTIONS,
        };
        assert_eq!(read_body(&b"(".repeat(MAX_INSTRUCTIONS + 1)), Err(error));
    }

    #[test]
    fn tuples_that_double_take_no_room() {
        let double = b"h\x00h\x00\x86q\x00".repeat(MAX_INSTRUCTIONS / 5);
        let body = [&b"(Nq\x00"[..], &double, b"t"].concat();
        assert_eq!(read_body(&body).unwrap().len(), 1 + MAX_INSTRUCTIONS / 5);
    }

    #[test]
    fn a_list_may_be_in_itself_and_deep_down() {
        assert_eq!(read_body(b"]q\x00h\x00a"), Ok(vec![ValueKind::List(0)]));
        let deep = [&b")"[..], &b"\x85".repeat(MAX_INSTRUCTIONS - 2)].concat();
        assert!(matches!(
            read_body(&deep).unwrap()[..],
            [ValueKind::Tuple(_)]
        ));
    }
}
