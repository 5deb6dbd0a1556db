//! The order of items that stay where they are, for which a list of numbers is all the memory it takes.

/// The numbers of so many items in the order of their keys, and items of one key in their own order.
pub(crate) fn by<K: Ord>(count: usize, key: impl Fn(usize) -> K) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by(|&a, &b| key(a).cmp(&key(b)).then(a.cmp(&b)));
    order
}

/// For each of so many items, the first that has the same key.
pub(crate) fn first_of_equals<K: Ord>(count: usize, key: impl Fn(usize) -> K) -> Vec<usize> {
    let mut firsts = vec![0; count];
    for equal in by(count, &key).chunk_by(|&a, &b| key(a) == key(b)) {
        for &item in equal {
            if let (Some(place), Some(&first)) = (firsts.get_mut(item), equal.first()) {
                *place = first;
            }
        }
    }
    firsts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_keep_their_order_and_know_the_first_of_them() {
        let keys = [3, 1, 3, 2, 1];
        assert_eq!(by(5, |item| keys[item]), [1, 4, 3, 0, 2]);
        assert_eq!(first_of_equals(5, |item| keys[item]), [0, 1, 0, 3, 1]);
        assert!(first_of_equals(0, |item| keys[item]).is_empty());
    }
}
