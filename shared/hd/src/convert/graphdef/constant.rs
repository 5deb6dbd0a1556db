//! The constants of a graph, and the arithmetic on them that freezing has left in it.

use super::proto::{DT_FLOAT, DT_INT32, TensorProto};

/// A tensor may give one value for all its elements. So many elements are believed without their bytes.
const MOST_FILLED: usize = 1 << 20;

/// A tensor of known values, in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constant {
    /// None for a scalar.
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    Floats(Vec<f32>),
    Integers(Vec<i32>),
}

impl Constant {
    /// The constant that `tensor` is.
    ///
    /// # Errors
    /// The reason why it cannot be used: another type, or a shape that does not fit the values.
    pub(super) fn read(tensor: &TensorProto) -> Result<Self, String> {
        let dims = tensor
            .tensor_shape
            .iter()
            .flat_map(|shape| &shape.dim)
            .map(|dim| usize::try_from(dim.size))
            .collect::<Result<Vec<_>, _>>();
        let shape = dims.map_err(|_| "a constant of unknown size".to_owned())?;
        let count = shape
            .iter()
            .try_fold(1usize, |count, &size| count.checked_mul(size))
            .ok_or_else(|| format!("a constant of the impossible shape {shape:?}"))?;
        let content = tensor.tensor_content.as_ref();
        let values = match tensor.dtype {
            DT_FLOAT => Values::Floats(values(
                content,
                f32::from_le_bytes,
                &tensor.float_val,
                count,
            )?),
            DT_INT32 => {
                Values::Integers(values(content, i32::from_le_bytes, &tensor.int_val, count)?)
            }
            other => {
                return Err(format!(
                    "a constant of data type {other}, where float32 or int32 was expected"
                ));
            }
        };
        Ok(Self { shape, values })
    }

    pub(super) fn floats(&self) -> Option<&[f32]> {
        match &self.values {
            Values::Floats(values) => Some(values),
            Values::Integers(_) => None,
        }
    }

    pub(super) fn integers(&self) -> Option<&[i32]> {
        match &self.values {
            Values::Integers(values) => Some(values),
            Values::Floats(_) => None,
        }
    }

    /// How many values it has.
    pub(super) fn len(&self) -> usize {
        match &self.values {
            Values::Floats(values) => values.len(),
            Values::Integers(values) => values.len(),
        }
    }

    /// `operation` on each value.
    pub(super) fn map(&self, operation: impl Fn(f32) -> f32) -> Option<Self> {
        let values = self.floats()?.iter().map(|&value| operation(value));
        Some(Self {
            shape: self.shape.clone(),
            values: Values::Floats(values.collect()),
        })
    }

    /// `operation` on each pair of values; one of the two may be a single value.
    pub(super) fn zip(&self, other: &Self, operation: impl Fn(f32, f32) -> f32) -> Option<Self> {
        match (self.floats()?, other.floats()?) {
            (a, b) if self.shape == other.shape => Some(Self {
                shape: self.shape.clone(),
                values: Values::Floats(a.iter().zip(b).map(|(&a, &b)| operation(a, b)).collect()),
            }),
            (_, &[b]) => self.map(|a| operation(a, b)),
            (&[a], _) => other.map(|b| operation(a, b)),
            _ => None,
        }
    }
}

/// The values, from the bytes or the list, whichever there is. The last value of a list stands for all that follow.
fn values<T: Copy>(
    content: &[u8],
    decode: fn([u8; 4]) -> T,
    list: &[T],
    count: usize,
) -> Result<Vec<T>, String> {
    let wrong = |found: usize| format!("a constant of {count} elements has {found}");
    if !content.is_empty() {
        let (words, rest) = content.as_chunks();
        return match rest.is_empty() && words.len() == count {
            true => Ok(words.iter().map(|&word| decode(word)).collect()),
            false => Err(wrong(words.len())),
        };
    }
    match list.last() {
        Some(_) if list.len() > count => Err(wrong(list.len())),
        Some(_) if list.len() < count && count > MOST_FILLED => Err(wrong(list.len())),
        Some(&last) => {
            let mut values = list.to_vec();
            values.resize(count, last);
            Ok(values)
        }
        None if count == 0 => Ok(Vec::new()),
        None => Err(wrong(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::proto::{Dim, Shape};
    use super::*;

    fn tensor(shape: &[i64], content: &[u8], list: &[f32]) -> TensorProto {
        let dim = shape.iter().map(|&size| Dim { size }).collect();
        TensorProto {
            dtype: DT_FLOAT,
            tensor_shape: Some(Shape { dim }),
            tensor_content: content.to_vec().into(),
            float_val: list.to_vec(),
            int_val: vec![],
        }
    }

    fn floats(shape: &[i64], content: &[u8], list: &[f32]) -> Result<Vec<f32>, String> {
        Constant::read(&tensor(shape, content, list))
            .map(|constant| constant.floats().unwrap().to_vec())
    }

    #[test]
    fn reads_bytes_and_lists() {
        let bytes = [1f32, 2.0].map(f32::to_le_bytes).concat();
        assert_eq!(floats(&[2], &bytes, &[]).unwrap(), [1.0, 2.0]);
        assert_eq!(floats(&[], &[], &[3.0]).unwrap(), [3.0]);
        assert_eq!(
            floats(&[4], &[], &[1.0, 2.0]).unwrap(),
            [1.0, 2.0, 2.0, 2.0]
        );
        assert!(floats(&[0], &[], &[]).unwrap().is_empty());
    }

    #[test]
    fn a_shape_that_the_values_do_not_fill_is_an_error() {
        for (shape, content, list) in [
            (&[3][..], &[0; 8][..], &[][..]),
            (&[2], &[0; 9], &[]),
            (&[1], &[], &[1.0, 2.0]),
            (&[2], &[], &[]),
            (&[-1], &[], &[1.0]),
            // Little to read, and much to allocate.
            (&[1 << 40], &[], &[1.0]),
            (&[1 << 40, 1 << 40], &[], &[1.0]),
        ] {
            assert!(floats(shape, content, list).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn other_types_are_named() {
        let mut other = tensor(&[1], &[0; 4], &[]);
        other.dtype = 7;
        let message = Constant::read(&other).unwrap_err();
        assert!(message.contains("data type 7"), "{message}");
    }

    #[test]
    fn arithmetic_takes_equal_shapes_and_single_values() {
        let constant =
            |shape: &[i64], list: &[f32]| Constant::read(&tensor(shape, &[], list)).unwrap();
        let (two, one) = (constant(&[2], &[1.0, 2.0]), constant(&[], &[3.0]));
        let sum = |a: &Constant, b: &Constant| {
            a.zip(b, |a, b| a + 2.0 * b)
                .map(|c| c.floats().unwrap().to_vec())
        };
        assert_eq!(sum(&two, &two), Some(vec![3.0, 6.0]));
        assert_eq!(sum(&two, &one), Some(vec![7.0, 8.0]));
        assert_eq!(sum(&one, &two), Some(vec![5.0, 7.0]));
        assert_eq!(sum(&two, &constant(&[3], &[0.0])), None);
    }
}
