//! Groups that grow together (union-find).

/// For each item one that it is in a group with, or itself: the smallest of its group in the end.
pub(super) struct Forest(Vec<usize>);

impl Forest {
    /// Items that are in a group with these.
    pub(super) fn of(parents: Vec<usize>) -> Self {
        Self(parents)
    }

    /// The smallest item of the group of `item`.
    pub(super) fn root(&self, mut item: usize) -> usize {
        while let Some(&parent) = self.0.get(item)
            && parent != item
        {
            item = parent;
        }
        item
    }

    /// Makes one group of the groups of both.
    pub(super) fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let smaller = one.min(other);
        if let Some(parent) = self.0.get_mut(one.max(other)) {
            *parent = smaller;
        }
    }

    /// The groups of two items and more, by their smallest items; the items of each in order.
    pub(super) fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups = vec![Vec::new(); self.0.len()];
        for item in 0..self.0.len() {
            if let Some(group) = groups.get_mut(self.root(item)) {
                group.push(item);
            }
        }
        groups.retain(|group| group.len() > 1);
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_joining_does_not_matter() {
        let pairs = [(5, 2), (7, 5), (0, 9), (3, 3), (9, 8)];
        let groups = |pairs: &[(usize, usize)]| {
            let mut forest = Forest::of((0..10).collect());
            pairs.iter().for_each(|&(a, b)| forest.join(a, b));
            forest.groups()
        };
        let mut backwards = pairs;
        backwards.reverse();
        assert_eq!(groups(&pairs), [vec![0, 8, 9], vec![2, 5, 7]]);
        assert_eq!(groups(&backwards), groups(&pairs));
        assert!(groups(&[]).is_empty());
    }
}
