//! The pool of examples that batches are drawn from, in which every label is as likely as any
//! other.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use hd_softmax::Example;

/// The examples that batches are drawn from.
pub(super) struct Pool<'a> {
    /// The labels, in output order.
    pub(super) labels: &'a [String],
    /// By label.
    examples: Vec<Vec<Example<'a>>>,
}

impl<'a> Pool<'a> {
    pub(super) fn new(examples: Vec<Example<'a>>, labels: &'a [String]) -> Self {
        let mut by_label = vec![Vec::new(); labels.len()];
        for example in examples {
            if let Some(examples) = by_label.get_mut(example.label as usize) {
                examples.push(example);
            }
        }
        Self {
            labels,
            examples: by_label,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.examples.iter().all(Vec::is_empty)
    }

    /// The size D of a row; 0 where there is none.
    pub(super) fn size(&self) -> usize {
        let mut all = self.examples.iter().flatten();
        all.next().map_or(0, |one| one.x.floats().len())
    }

    /// All examples, label by label, each once.
    pub(super) fn all(&self) -> Vec<Example<'a>> {
        self.examples.iter().flatten().copied().collect()
    }

    /// A batch of `count` examples, drawn with replacement and with an equal chance for every
    /// label.
    pub(super) fn batch(&self, count: u32, random: &mut Pcg64Mcg) -> Vec<Example<'a>> {
        let draw = |_| {
            let label = random.random_range(0..self.examples.len().max(1));
            let examples = self.examples.get(label).map_or(&[][..], Vec::as_slice);
            let index = random.random_range(0..examples.len().max(1));
            examples.get(index).copied()
        };
        (0..count).filter_map(draw).collect()
    }
}
