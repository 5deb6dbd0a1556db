//! The data of the tensors: the storages at the end of the file, which several tensors may share.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use super::error::excerpt;
use super::storage_id::{Elements, StorageId};
use super::value::{Pickle, Value, ValueKind};
use super::zip::Archive;
use super::{TorchError, pickle};

/// The storages that a pickle names, by key, also those of tensors that are not wanted.
fn named<'a>(state: &Pickle<'a>) -> Result<BTreeMap<&'a str, StorageId<'a>>, TorchError> {
    let mut named = BTreeMap::new();
    let is_storage = |value: &&Value<'_>| matches!(value.kind, ValueKind::Persistent(_));
    for value in state.lists.iter().flatten().filter(is_storage) {
        let id = StorageId::new(state, value)?;
        if *named.entry(id.key).or_insert(id) != id {
            return Err(TorchError::ConflictingStorage {
                at: value.at,
                key: excerpt(id.key),
            });
        }
    }
    Ok(named)
}

/// The storages in the members of `archive` below `folder` that a pickle names, by key.
pub(super) fn members<'a>(
    archive: &Archive<'a>,
    folder: &str,
    state: &Pickle<'a>,
) -> Result<BTreeMap<&'a str, Elements<'a>>, TorchError> {
    let mut storages = BTreeMap::new();
    for (key, id) in named(state)? {
        let name = format!("{folder}data/{key}");
        let mut data = archive.member(&name)?.ok_or_else(|| TorchError::NoMember {
            name: excerpt(&name),
        })?;
        let bytes = data.take(id.bytes())?;
        data.finish()?;
        let element = id.element;
        storages.insert(key, Elements { element, bytes });
    }
    Ok(storages)
}

/// Reads the list of keys at the cursor and the storages after it that a pickle names; returns them by key.
pub(super) fn read<'a>(
    cursor: &mut Cursor<'a>,
    state: &Pickle<'a>,
) -> Result<BTreeMap<&'a str, Elements<'a>>, TorchError> {
    let mut needed = named(state)?;
    let mut storages = BTreeMap::new();
    let keys = pickle::read(cursor)?;
    for value in keys.list(&keys.top)? {
        let key = value.text()?;
        let id = needed
            .remove(key)
            .ok_or_else(|| TorchError::UnusedStorage {
                at: value.at,
                key: excerpt(key),
            })?;
        storages.insert(key, read_one(cursor, &id)?);
    }
    match needed.pop_first() {
        None => Ok(storages),
        Some((key, _)) => Err(TorchError::MissingStorage {
            at: keys.top.at,
            key: excerpt(key),
        }),
    }
}

/// Reads an element count and that many elements.
fn read_one<'a>(cursor: &mut Cursor<'a>, id: &StorageId<'a>) -> Result<Elements<'a>, TorchError> {
    let at = cursor.at();
    let found = i64::from_le_bytes(cursor.array()?);
    if usize::try_from(found) != Ok(id.count) {
        return Err(TorchError::StorageLength {
            at,
            key: excerpt(id.key),
            expected: id.count,
            found,
        });
    }
    let bytes = cursor.take(id.bytes())?;
    let element = id.element;
    Ok(Elements { element, bytes })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Entry, float, floats, legacy, state, storage, text, with_state};
    use super::super::{TorchError, read_state_dict};

    fn error(entries: &[Entry], storages: &[(&'static str, Vec<u8>)]) -> TorchError {
        read_state_dict(&legacy(entries, storages)).unwrap_err()
    }

    #[test]
    fn two_tensors_may_share_a_storage() {
        let half = |name, offset| Entry {
            key: "both",
            count: 4,
            offset,
            ..float(name, &[2])
        };
        let file = legacy(&[half("a", 0), half("b", 2)], &[floats("both", 4)]);
        let tensors = read_state_dict(&file).unwrap();
        assert_eq!(tensors["a"].data, [0., 1.]);
        assert_eq!(tensors["b"].data, [2., 3.]);
    }

    #[test]
    fn refuses_two_descriptions_of_a_storage() {
        let other = Entry {
            key: "a",
            ..float("b", &[3])
        };
        let error = error(&[float("a", &[2]), other], &[floats("a", 2)]);
        assert!(matches!(error, TorchError::ConflictingStorage { key, .. } if key == "a"));
    }

    #[test]
    fn refuses_a_storage_with_another_count_than_its_tensor_says() {
        for found in [5, 7, -1, i64::MIN] {
            let error = error(&[float("a", &[6])], &[storage("a", found, &[0; 24])]);
            let TorchError::StorageLength {
                expected: 6,
                found: met,
                ..
            } = error
            else {
                panic!("{error}");
            };
            assert_eq!(met, found);
        }
    }

    #[test]
    fn refuses_a_storage_that_is_shorter_than_it_says() {
        let cut = error(&[float("a", &[6])], &[storage("a", 6, &[0; 23])]);
        let TorchError::Truncated { needed, left, .. } = cut else {
            panic!("{cut}");
        };
        assert_eq!((needed, left), (24, 23));
    }

    #[test]
    fn refuses_a_large_storage_that_is_not_there() {
        let large = float("a", &[i32::MAX]);
        let large = Entry {
            shape: vec![1],
            strides: vec![1],
            ..large
        };
        let error = error(&[large], &[storage("a", i32::MAX.into(), &[0; 24])]);
        assert!(
            matches!(error, TorchError::Truncated { left: 24, .. }),
            "{error}"
        );
    }

    #[test]
    fn refuses_a_storage_that_no_tensor_uses_or_that_comes_twice() {
        let tensors = [float("a", &[1])];
        let unused = error(&tensors, &[floats("a", 1), floats("b", 1)]);
        assert!(matches!(unused, TorchError::UnusedStorage { key, .. } if key == "b"));
        let twice = error(&tensors, &[floats("a", 1), floats("a", 1)]);
        assert!(matches!(twice, TorchError::UnusedStorage { key, .. } if key == "a"));
    }

    #[test]
    fn refuses_a_tensor_whose_storage_is_not_in_the_file() {
        let error = error(&[float("a", &[1]), float("b", &[1])], &[floats("a", 1)]);
        assert!(matches!(error, TorchError::MissingStorage { key, .. } if key == "b"));
    }

    #[test]
    fn refuses_a_persistent_id_that_is_not_a_whole_storage() {
        let state = |tag: &str, view: &[u8]| {
            let dict = state(&[float("a", &[1])]);
            let dict = replace(&dict, &text("storage"), &text(tag));
            read_state_dict(&with_state(
                &replace(&dict, b"NtQ", view),
                &[floats("a", 1)],
            ))
        };
        assert!(state("storage", b"NtQ").is_ok());
        let module = state("module", b"NtQ").unwrap_err().to_string();
        assert!(module.contains("expected the word \"storage\""), "{module}");
        let view = state("storage", b")tQ").unwrap_err().to_string();
        assert!(view.contains("not a view of another storage"), "{view}");
        // Without the view there are as many parts as in the zip format.
        assert!(state("storage", b"tQ").is_ok());
        let long = state("storage", b"NNtQ").unwrap_err().to_string();
        assert!(long.contains("a storage of 6 parts"), "{long}");
    }

    /// `bytes` with the first `old` replaced by `new`.
    fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
        let at = bytes
            .windows(old.len())
            .position(|part| part == old)
            .unwrap();
        [&bytes[..at], new, &bytes[at + old.len()..]].concat()
    }

    #[test]
    fn reads_other_floats_as_float32_and_refuses_complex_numbers_by_name() {
        let of = |storage| Entry {
            storage,
            ..float("a", &[1])
        };
        for (name, bytes) in [
            ("HalfStorage", &[0x00, 0xbe][..]),
            ("BFloat16Storage", &[0xc0, 0xbf]),
            ("DoubleStorage", &(-1.5f64).to_le_bytes()),
        ] {
            let file = legacy(&[of(name)], &[storage("a", 1, bytes)]);
            assert_eq!(read_state_dict(&file).unwrap()["a"].data, [-1.5], "{name}");
        }
        let error = error(&[of("ComplexFloatStorage")], &[storage("a", 1, &[0; 8])]);
        let name = "torch.ComplexFloatStorage";
        assert!(matches!(error, TorchError::UnsupportedStorage { name: met, .. } if met == name));
    }
}
