//! A reader of what PyTorch saves: state dicts, and checkpoints that hold one.
//!
//! Since version 1.6 a file is a zip archive of uncompressed members in one folder: `data.pkl`, a pickle; `data/KEY`,
//! the elements of each storage that it names; and `byteorder`. Before that, and still on request, it was five pickles,
//! one after the other: a magic number, a protocol number, a dict about the system, the state dict, and the list of its
//! storages. Then come the storages themselves: for each an element count as a little-endian int64, and the elements.
//! The layouts are those of `_save` and `_legacy_save` in PyTorch's `torch/serialization.py`.
//!
//! A pickle is a program, and Python's own reader runs it. This one runs nothing: it takes only the instructions and
//! names that a state dict needs, and it allocates in proportion to the bytes that are there.

mod checkpoint;
mod cursor;
mod error;
mod machine;
mod opcode;
mod pickle;
#[cfg(test)]
mod sample;
mod storage;
mod storage_id;
mod value;
mod view;
mod zip;

use std::collections::BTreeMap;

use cursor::Cursor;
pub(super) use error::TorchError;
use storage_id::Elements;
use value::{Pickle, ValueKind};
use view::TensorView;
use zip::Archive;

use super::element_type::ElementType;
use super::tensor::Tensor;

/// The pickle of 0x1950a86a20f9469cfc6c.
const MAGIC: [u8; 15] = *b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// The only protocol of the legacy format.
const PROTOCOL: i64 = 1001;

/// Reads the state dict in `bytes`: its tensors of floats by name.
///
/// Integer tensors, such as the `num_batches_tracked` of a batch normalization, are checked and left out.
///
/// # Errors
///
/// If the bytes are neither of PyTorch's formats, hold no state dict, or want anything but tensors; the error says at
/// which byte and what was met. No input makes it panic.
pub(super) fn read_state_dict(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, TorchError> {
    match bytes.starts_with(zip::MEMBER) {
        true => read_zip(bytes),
        false => read_legacy(bytes),
    }
}

fn read_zip(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, TorchError> {
    let archive = Archive::open(bytes)?;
    let folder = archive.folder()?;
    if let Some(order) = archive.member(&format!("{folder}byteorder"))?
        && order.rest() != b"little"
    {
        return Err(TorchError::NotLittleEndian { at: order.at() });
    }
    let name = format!("{folder}data.pkl");
    let mut cursor = archive
        .member(&name)?
        .ok_or(TorchError::NoMember { name })?;
    let state = pickle::read(&mut cursor)?;
    tensors(
        &state,
        bytes.len(),
        &storage::members(&archive, folder, &state)?,
    )
}

fn read_legacy(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, TorchError> {
    let mut cursor = Cursor::new(bytes);
    check_magic(&mut cursor)?;
    check_protocol(&mut cursor)?;
    check_byte_order(&mut cursor)?;
    let state = pickle::read(&mut cursor)?;
    let storages = storage::read(&mut cursor, &state)?;
    cursor.finish()?;
    tensors(&state, bytes.len(), &storages)
}

/// The tensors of floats in the state dict of `state`, from a file of so many bytes with these storages.
fn tensors(
    state: &Pickle<'_>,
    bytes: usize,
    storages: &BTreeMap<&str, Elements<'_>>,
) -> Result<BTreeMap<String, Tensor>, TorchError> {
    let views = view::views(state)?;
    check_sharing(&views, bytes)?;
    let stored = |view: &TensorView<'_>| storages.get(view.storage.key).copied();
    views
        .into_iter()
        .filter(|(_, view)| !matches!(view.storage.element, ElementType::Whole(_)))
        .filter_map(|(name, view)| Some((name, stored(&view)?, view)))
        .map(|(name, elements, view)| Ok((name.to_owned(), view.gather(elements)?)))
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
        let file = [header(), pickle(b"]"), pickle(b"]")].concat();
        let error = read_state_dict(&file).unwrap_err();
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
