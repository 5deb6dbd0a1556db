//! Argmax: which of some numbers is the largest.

/// The index of the largest of `values`.
///
/// Of equals it is the first, so that ties are decided by the order of the labels and the same
/// everywhere. NaN is never the largest. `None` where there is no number at all.
pub(crate) fn argmax<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>) -> Option<usize> {
    let numbers = values
        .into_iter()
        .enumerate()
        .filter(|(_, value)| is_number(*value));
    let largest = numbers.reduce(|best, next| if next.1 > best.1 { next } else { best });
    largest.map(|(index, _)| index)
}

/// NaN alone is unequal to itself.
fn is_number<T: PartialOrd>(value: T) -> bool {
    value.partial_cmp(&value).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_the_largest() {
        assert_eq!(argmax([0.2, 0.4, 0.4]), Some(1));
        assert_eq!(argmax([f32::NEG_INFINITY; 3]), Some(0));
    }

    #[test]
    fn nan_is_never_the_largest() {
        assert_eq!(argmax([f64::NAN, -1.0, f64::NAN, 3.0]), Some(3));
        assert_eq!(argmax([f64::NAN; 2]), None);
        assert_eq!(argmax([0f32; 0]), None);
    }
}
