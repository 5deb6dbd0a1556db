//! Tensors as a pickle describes them: views with a shape and strides of storages that come later in the file.

use std::collections::BTreeMap;

use super::TorchError;
use super::checkpoint::{is_named_tensor, state_dict};
use super::error::excerpt;
use super::storage_id::{Elements, StorageId};
use super::value::{Global, Pickle, Value, ValueKind};
use crate::convert::tensor::Tensor;

/// The most dimensions of a tensor. A convolution's weights have four.
const MAX_RANK: usize = 8;

/// A tensor without its data.
pub(super) struct TensorView<'a> {
    /// Where the tensor is made.
    pub(super) at: usize,
    pub(super) storage: StorageId<'a>,
    /// The place of the first element in the storage.
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

/// The tensors of the state dict, by name. What else it holds is left out.
pub(super) fn views<'a>(
    pickle: &Pickle<'a>,
) -> Result<BTreeMap<&'a str, TensorView<'a>>, TorchError> {
    let mut views = BTreeMap::new();
    let dict = state_dict(pickle)?;
    let pairs = pickle.pairs(&dict)?.iter();
    for [key, value] in pairs.filter(|pair| is_named_tensor(pair)) {
        let name = key.text()?;
        if views
            .insert(name, TensorView::new(pickle, value)?)
            .is_some()
        {
            return Err(TorchError::DuplicateName {
                at: key.at,
                name: excerpt(name),
            });
        }
    }
    Ok(views)
}

impl<'a> TensorView<'a> {
    fn new(pickle: &Pickle<'a>, value: &Value<'a>) -> Result<Self, TorchError> {
        match value.kind {
            ValueKind::Call(Global::RebuildTensor, list) => Self::from_tensor(pickle, value, list),
            ValueKind::Call(Global::RebuildParameter, list) => {
                Self::from_parameter(pickle, value, list)
            }
            _ => Err(value.unexpected("a tensor")),
        }
    }

    /// `_rebuild_parameter(tensor, requires_grad, hooks)`: the tensor, which may not be a parameter again.
    fn from_parameter(
        pickle: &Pickle<'a>,
        value: &Value<'a>,
        list: usize,
    ) -> Result<Self, TorchError> {
        let [tensor, _grad, _hooks] = pickle.fields(value, list, "a parameter of 3 parts")?;
        match tensor.kind {
            ValueKind::Call(Global::RebuildTensor, list) => {
                Self::from_tensor(pickle, &tensor, list)
            }
            _ => Err(tensor.unexpected("a tensor")),
        }
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`.
    fn from_tensor(
        pickle: &Pickle<'a>,
        value: &Value<'a>,
        list: usize,
    ) -> Result<Self, TorchError> {
        let [storage, offset, shape, strides, _grad, _hooks] =
            pickle.fields(value, list, "a tensor of 6 parts")?;
        let view = Self {
            at: value.at,
            storage: StorageId::new(pickle, &storage)?,
            offset: offset.count()?,
            shape: pickle.counts(&shape)?,
            strides: pickle.counts(&strides)?,
        };
        view.check_rank()?;
        view.check_extent(view.storage.count)?;
        Ok(view)
    }

    fn check_rank(&self) -> Result<(), TorchError> {
        let (at, rank, strides) = (self.at, self.shape.len(), self.strides.len());
        if strides != rank {
            return Err(TorchError::StrideCount { at, rank, strides });
        }
        if rank > MAX_RANK {
            let limit = MAX_RANK;
            return Err(TorchError::TooManyDimensions { at, rank, limit });
        }
        Ok(())
    }

    /// The number of elements.
    pub(super) fn elements(&self) -> Result<usize, TorchError> {
        let product = |product: usize, &size| product.checked_mul(size);
        let product = self.shape.iter().try_fold(1, product);
        product.ok_or_else(|| self.overflow())
    }

    /// Checks that the last element lies within a storage of `count` elements.
    fn check_extent(&self, count: usize) -> Result<(), TorchError> {
        let end = self.end().ok_or_else(|| self.overflow())?;
        if end > count {
            let at = self.at;
            return Err(TorchError::OutOfStorage { at, end, count });
        }
        Ok(())
    }

    /// One past the place of the last element, or 0 without elements; `None` if it overflows.
    fn end(&self) -> Option<usize> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        let mut sizes = self.shape.iter().zip(&self.strides);
        sizes.try_fold(self.offset.checked_add(1)?, |end, (size, stride)| {
            end.checked_add(size.checked_sub(1)?.checked_mul(*stride)?)
        })
    }

    fn overflow(&self) -> TorchError {
        TorchError::SizeOverflow {
            at: self.at,
            shape: self.shape.clone(),
        }
    }

    /// The tensor with its data from the view's storage.
    pub(super) fn gather(self, elements: Elements<'_>) -> Result<Tensor, TorchError> {
        self.check_extent(elements.count())?;
        let places = self.places().into_iter();
        Ok(Tensor {
            data: places.filter_map(|place| elements.get(place)).collect(),
            shape: self.shape,
        })
    }

    /// The places in the storage of all elements in row-major order.
    fn places(&self) -> Vec<usize> {
        // Without this, the loop would spread the dimensions before an empty one for nothing, however large.
        if self.shape.contains(&0) {
            return Vec::new();
        }
        let mut places = vec![self.offset];
        for (&size, &stride) in self.shape.iter().zip(&self.strides) {
            let spread = |start| (0..size).map(move |index| start + index * stride);
            places = places.into_iter().flat_map(spread).collect();
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{
        Entry, float, floats, legacy, state, storage, tensor, text, with_state,
    };
    use super::super::{TorchError, read_state_dict};
    use crate::convert::tensor::Tensor;

    /// The tensor that `entry` describes, of a storage with the floats 0 to `count` - 1.
    fn read(entry: &Entry) -> Result<Tensor, TorchError> {
        let count = u8::try_from(entry.count).unwrap();
        let file = legacy(std::slice::from_ref(entry), &[floats(entry.key, count)]);
        read_state_dict(&file).map(|mut tensors| tensors.remove(entry.name).unwrap())
    }

    fn strided(count: i32, offset: i32, shape: &[i32], strides: &[i32]) -> Entry {
        Entry {
            count,
            offset,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            ..float("w", &[])
        }
    }

    fn data(entry: &Entry) -> Vec<f32> {
        read(entry).unwrap().data
    }

    #[test]
    fn reads_views_in_row_major_order() {
        assert_eq!(
            data(&strided(6, 0, &[2, 3], &[3, 1])),
            [0., 1., 2., 3., 4., 5.]
        );
        assert_eq!(
            data(&strided(6, 0, &[3, 2], &[1, 3])),
            [0., 3., 1., 4., 2., 5.]
        );
        assert_eq!(data(&strided(8, 3, &[2, 2], &[4, 0])), [3., 3., 7., 7.]);
        assert_eq!(data(&strided(4, 2, &[], &[])), [2.]);
    }

    #[test]
    fn reads_a_tensor_without_elements() {
        let empty = read(&strided(0, 0, &[i32::MAX, i32::MAX, 0], &[1, 1, 1])).unwrap();
        assert_eq!(empty.shape, [i32::MAX as usize, i32::MAX as usize, 0]);
        assert!(empty.data.is_empty());
    }

    #[test]
    fn reads_a_parameter() {
        let call = b"ctorch._utils\n_rebuild_parameter\n(";
        let tensor = [&call[..], &tensor(&float("w", &[2])), b"\x88h\x00)RtR"].concat();
        let dict = [&state(&[])[..], &text("w"), &tensor, b"s"].concat();
        let tensors = read_state_dict(&with_state(&dict, &[floats("w", 2)])).unwrap();
        assert_eq!(tensors["w"].data, [0., 1.]);
    }

    #[test]
    fn refuses_a_stride_that_leaves_the_storage() {
        let error = |entry| read(&entry).unwrap_err();
        let out = |error, expected| match error {
            TorchError::OutOfStorage { end, count, .. } => assert_eq!((end, count), expected),
            error => panic!("{error}"),
        };
        out(error(strided(6, 0, &[2, 3], &[4, 1])), (7, 6));
        out(error(strided(6, 1, &[2, 3], &[3, 1])), (7, 6));
        out(error(strided(6, i32::MAX, &[1], &[1])), (1 << 31, 6));
    }

    #[test]
    fn checks_integer_tensors_too() {
        let steps = Entry {
            storage: "LongStorage",
            ..strided(1, 0, &[2], &[1])
        };
        let error = read_state_dict(&legacy(&[steps], &[storage("w", 1, &[0; 8])])).unwrap_err();
        assert!(matches!(error, TorchError::OutOfStorage { .. }), "{error}");
    }

    #[test]
    fn refuses_a_size_or_an_extent_that_overflows() {
        let max = i32::MAX;
        let sizes = strided(6, 0, &[max, max, max], &[0, 0, 0]);
        assert!(matches!(read(&sizes), Err(TorchError::SizeOverflow { .. })));
        let extent = strided(6, 0, &[max; 5], &[max; 5]);
        let error = read(&extent).unwrap_err();
        assert!(matches!(error, TorchError::SizeOverflow { .. }), "{error}");
    }

    #[test]
    fn refuses_to_repeat_a_storage_without_end() {
        let large = strided(1, 0, &[i32::MAX], &[0]);
        assert!(matches!(
            read(&large),
            Err(TorchError::TooManyElements { .. })
        ));
    }

    #[test]
    fn refuses_a_negative_size_and_a_missing_stride() {
        let negative = strided(6, 0, &[-1], &[1]);
        assert!(matches!(
            read(&negative),
            Err(TorchError::Unexpected { .. })
        ));
        let missing = strided(6, 0, &[2, 3], &[1]);
        assert!(matches!(
            read(&missing),
            Err(TorchError::StrideCount {
                rank: 2,
                strides: 1,
                ..
            })
        ));
    }

    #[test]
    fn takes_eight_dimensions_and_refuses_nine() {
        assert_eq!(read(&float("w", &[1; 8])).unwrap().shape, [1; 8]);
        let error = read(&float("w", &[1; 9])).unwrap_err();
        assert!(matches!(
            error,
            TorchError::TooManyDimensions { rank: 9, .. }
        ));
    }

    #[test]
    fn refuses_one_name_for_two_tensors() {
        let file = legacy(&[float("w", &[2]), float("w", &[2])], &[floats("w", 2)]);
        let error = read_state_dict(&file).unwrap_err();
        assert!(matches!(error, TorchError::DuplicateName { name, .. } if name == "w"));
    }

    #[test]
    fn leaves_out_what_is_not_a_tensor_and_refuses_a_dict_of_nothing_else() {
        let epoch = [&text("epoch")[..], b"K\x03s"].concat();
        let dict = [&state(&[float("w", &[2])])[..], &epoch].concat();
        let tensors = read_state_dict(&with_state(&dict, &[floats("w", 2)])).unwrap();
        assert_eq!(tensors.keys().collect::<Vec<_>>(), ["w"]);
        let error = read_state_dict(&with_state(&[&b"}"[..], &epoch].concat(), &[])).unwrap_err();
        assert!(matches!(error, TorchError::NoTensors { .. }), "{error}");
    }

    #[test]
    fn takes_the_state_dict_out_of_a_checkpoint_whatever_it_is_called() {
        let entry = |name: &str, dict: &[u8]| [&text(name)[..], dict, b"s"].concat();
        let network = state(&[float("a", &[1]), float("b", &[2])]);
        // What an optimizer keeps comes first here, and its tensors have storages too.
        let optimizer = [&b"}"[..], &entry("0", &state(&[float("step", &[1])]))].concat();
        for name in ["state_dict", "model", "anything"] {
            let dict = [
                &b"}"[..],
                &entry("optimizer", &optimizer),
                &entry(name, &network),
                &entry("lr", b"G\x3f\xb9\x99\x99\x99\x99\x99\x9a"),
            ];
            let storages = [floats("step", 1), floats("a", 1), floats("b", 2)];
            let tensors = read_state_dict(&with_state(&dict.concat(), &storages)).unwrap();
            assert_eq!(tensors.keys().collect::<Vec<_>>(), ["a", "b"], "{name}");
        }
    }
}
