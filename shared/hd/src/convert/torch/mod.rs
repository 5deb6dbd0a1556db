//! A reader of the state dicts that PyTorch saved before version 1.6, and still saves on request.
//!
//! Such a file is five pickles, one after the other: a magic number, a protocol number, a dict about the system,
//! the state dict, and the list of its storages. Then come the storages themselves: for each an element count as a
//! little-endian int64, and the elements. The layout is that of `_legacy_save` in PyTorch's `torch/serialization.py`.
//!
//! A pickle is a program, and Python's own reader runs it. This one runs nothing: it takes only the instructions and
//! names that a state dict needs, and it allocates in proportion to the bytes that are there.

mod cursor;
mod error;
mod machine;
mod opcode;
mod pickle;
#[cfg(test)]
mod sample;
mod storage;
mod storage_id;
mod tensor;
mod value;
mod view;

use std::collections::BTreeMap;

use cursor::Cursor;
pub(super) use error::TorchError;
pub(super) use tensor::Tensor;
use value::ValueKind;
use view::TensorView;

/// The first bytes of a zip file.
const ZIP: &[u8] = b"PK\x03\x04";
/// The pickle of 0x1950a86a20f9469cfc6c.
const MAGIC: [u8; 15] = *b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// The only protocol of the legacy format.
const PROTOCOL: i64 = 1001;

/// Reads the state dict in `bytes`: its float32 tensors by name.
///
/// Integer tensors, such as the `num_batches_tracked` of a batch normalization, are checked and left out.
///
/// # Errors
///
/// If the bytes are not a state dict in PyTorch's legacy format, or hold tensors of other types; the error says at
/// which byte and what was met. No input makes it panic.
pub(super) fn read_state_dict(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, TorchError> {
    if bytes.starts_with(ZIP) {
        return Err(TorchError::ZipFormat);
    }
    let mut cursor = Cursor::new(bytes);
    check_magic(&mut cursor)?;
    check_protocol(&mut cursor)?;
    check_byte_order(&mut cursor)?;
    let views = view::views(&pickle::read(&mut cursor)?)?;
    check_sharing(&views, bytes.len())?;
    let storages = storage::read(&mut cursor, &views)?;
    cursor.finish()?;
    views
        .into_iter()
        .filter_map(|(name, view)| Some((name, storages.get(view.storage.key)?, view)))
        .map(|(name, words, view)| Ok((name.to_owned(), view.gather(words)?)))
        .collect()
}

fn check_magic(cursor: &mut Cursor<'_>) -> Result<(), TorchError> {
    match cursor.array()? {
        MAGIC => Ok(()),
        _ => Err(TorchError::WrongMagic),
    }
}

fn check_protocol(cursor: &mut Cursor<'_>) -> Result<(), TorchError> {
    let top = pickle::read(cursor)?.top;
    match top.int()? {
        PROTOCOL => Ok(()),
        found => Err(TorchError::WrongProtocol { at: top.at, found }),
    }
}

fn check_byte_order(cursor: &mut Cursor<'_>) -> Result<(), TorchError> {
    let at = cursor.at();
    let system = pickle::read(cursor)?;
    let key = ValueKind::Text("little_endian");
    let order = system
        .pairs(&system.top)?
        .iter()
        .find(|[name, _]| name.kind == key);
    match order {
        Some([_, value]) if value.kind == ValueKind::Bool(true) => Ok(()),
        _ => Err(TorchError::NotLittleEndian { at }),
    }
}

/// Checks that the tensors do not repeat the file's data many times over, which would let a small file fill the
/// memory. As a float takes four bytes, the limit still lets every storage be shared by four tensors.
fn check_sharing(views: &BTreeMap<&str, TensorView<'_>>, limit: usize) -> Result<(), TorchError> {
    let mut left = limit;
    for view in views.values() {
        left = left
            .checked_sub(view.elements()?)
            .ok_or(TorchError::TooManyElements { at: view.at, limit })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::sample::{file, header, pickle, text};
    use super::*;

    /// Pseudorandom numbers below `bound`, from Knuth's linear congruential generator.
    fn random(state: &mut u64, bound: usize) -> usize {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (*state >> 33) as usize % bound
    }

    #[test]
    fn reads_floats_and_leaves_integers_out() {
        let tensors = read_state_dict(&file()).unwrap();
        let weight = Tensor {
            shape: vec![2, 3],
            data: vec![0., 1., 2., 3., 4., 5.],
        };
        assert_eq!(tensors, BTreeMap::from([("weight".to_owned(), weight)]));
    }

    #[test]
    fn the_pickle_of_the_magic_number_is_pythons() {
        let number = u128::from_str_radix("1950a86a20f9469cfc6c", 16).unwrap();
        assert_eq!(MAGIC[4..14], number.to_le_bytes()[..10]);
    }

    #[test]
    fn refuses_a_wrong_magic_number() {
        let mut file = file();
        file[5] ^= 1;
        assert_eq!(read_state_dict(&file), Err(TorchError::WrongMagic));
    }

    #[test]
    fn refuses_the_zip_format_by_name() {
        let error = read_state_dict(b"PK\x03\x04rest").unwrap_err();
        assert_eq!(error, TorchError::ZipFormat);
        assert!(error.to_string().contains("zip format"));
    }

    #[test]
    fn refuses_another_protocol_number() {
        let file = [&MAGIC[..], &pickle(b"M\xea\x03")].concat();
        let error = TorchError::WrongProtocol {
            at: 17,
            found: 1002,
        };
        assert_eq!(read_state_dict(&file), Err(error));
    }

    #[test]
    fn refuses_big_endian_numbers() {
        let at = MAGIC.len() + pickle(b"M\xe9\x03").len();
        let start = [&MAGIC[..], &pickle(b"M\xe9\x03")].concat();
        let little = [&b"}"[..], &text("little_endian"), b"\x89s"].concat();
        for system in [&little[..], b"}"] {
            let file = [&start[..], &pickle(system)].concat();
            assert_eq!(
                read_state_dict(&file),
                Err(TorchError::NotLittleEndian { at })
            );
        }
    }

    #[test]
    fn refuses_a_file_cut_anywhere() {
        let file = file();
        for length in 0..file.len() {
            let error = read_state_dict(&file[..length]).unwrap_err();
            assert!(
                matches!(error, TorchError::Truncated { .. }),
                "{length}: {error}"
            );
        }
    }

    #[test]
    fn refuses_bytes_after_the_last_storage() {
        let at = file().len();
        let longer = [file(), vec![0; 3]].concat();
        let error = TorchError::TrailingBytes { at, count: 3 };
        assert_eq!(read_state_dict(&longer), Err(error));
    }

    #[test]
    fn refuses_a_state_dict_that_is_a_list() {
        let error = read_state_dict(&[header(), pickle(b"]")].concat()).unwrap_err();
        assert!(
            error.to_string().ends_with("expected a dict, found a list"),
            "{error}"
        );
    }

    #[test]
    fn survives_thousands_of_damaged_files() {
        let sound = file();
        let (mut state, mut read) = (1, 0);
        for _ in 0..20_000 {
            let mut file = sound.clone();
            for _ in 0..=random(&mut state, 3) {
                damage(&mut file, &mut state);
            }
            read += usize::from(read_state_dict(&file).is_ok());
        }
        // Damage to the data or to a name is not an error; most other damage is.
        assert!(
            (1..10_000).contains(&read),
            "{read} of 20000 files were read"
        );
    }

    /// Changes, removes or repeats some bytes.
    fn damage(file: &mut Vec<u8>, state: &mut u64) {
        let at = random(state, file.len());
        let end = file.len().min(at + 1 + random(state, 8));
        match random(state, 5) {
            0 => file[at] ^= 1 << random(state, 8),
            1 => file[at] = u8::try_from(random(state, 256)).unwrap(),
            2 => file[at..end].fill(0xff),
            3 => drop(file.drain(at..end)),
            _ => {
                let bytes = file[at..end].to_vec();
                let to = random(state, file.len());
                file.splice(to..to, bytes);
            }
        }
        if file.is_empty() {
            file.push(0);
        }
    }
}
