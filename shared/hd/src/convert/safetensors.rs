//! A reader of safetensors, the form in which the Hugging Face hub keeps weights.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::element_type::ElementType;
use super::tensor::Tensor;

/// The longest header that the format allows.
const MOST: u64 = 100_000_000;

/// Whether a file that begins so is of this form: the length of a header, and the brace that the header begins with.
pub(super) fn is_safetensors(bytes: &[u8]) -> bool {
    let length = bytes.first_chunk().copied().map(u64::from_le_bytes);
    length.is_some_and(|length| (2..=MOST).contains(&length)) && bytes.get(8) == Some(&b'{')
}

/// Reads the file `bytes`: its tensors of floats by name. Those of integers are left out.
///
/// # Errors
/// A header that is damaged, or that says of other data than follow it.
pub(super) fn read(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, SafeTensorError> {
    let file = SafeTensors::deserialize(bytes)?;
    let tensors = file.iter().filter_map(|(name, view)| {
        let element = element(view.dtype())?;
        let data = view.data().chunks_exact(element.size());
        let data = data.filter_map(|bytes| element.read(bytes)).collect();
        let shape = view.shape().to_vec();
        Some((name.to_owned(), Tensor { shape, data }))
    });
    Ok(tensors.collect())
}

/// The type of floats that the format calls so.
fn element(dtype: Dtype) -> Option<ElementType> {
    match dtype {
        Dtype::F64 => Some(ElementType::Double),
        Dtype::F32 => Some(ElementType::Float),
        Dtype::F16 => Some(ElementType::Half),
        Dtype::BF16 => Some(ElementType::Bfloat),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with this header and these data.
    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], header.as_bytes(), data].concat()
    }

    const HEADER: &str = r#"{"__metadata__":{"format":"pt"},
        "n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},
        "h":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},
        "w":{"dtype":"F32","shape":[1,2],"data_offsets":[12,20]}}"#;

    fn data() -> Vec<u8> {
        let floats = [1f32, -2.5].map(f32::to_le_bytes).concat();
        [&7u64.to_le_bytes()[..], &[0x00, 0x3c, 0x00, 0xc5], &floats].concat()
    }

    #[test]
    fn reads_floats_of_any_width_and_leaves_integers_out() {
        let file = file(HEADER, &data());
        assert!(is_safetensors(&file));
        let tensors = read(&file).unwrap();
        let tensor = |shape: &[usize], data: &[f32]| Tensor {
            shape: shape.to_vec(),
            data: data.to_vec(),
        };
        let expected = [
            ("h", tensor(&[2], &[1.0, -5.0])),
            ("w", tensor(&[1, 2], &[1.0, -2.5])),
        ];
        let expected = expected.map(|(name, tensor)| (name.to_owned(), tensor));
        assert_eq!(tensors, BTreeMap::from(expected));
    }

    #[test]
    fn a_file_cut_anywhere_or_with_bytes_left_over_is_an_error() {
        let file = file(HEADER, &data());
        for length in 0..file.len() {
            assert!(read(&file[..length]).is_err(), "{length}");
        }
        assert!(read(&[&file[..], &[0]].concat()).is_err());
    }
}
