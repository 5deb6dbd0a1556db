//! The tokens [N, T, D] of a transformer, and how they become one vector an image.
//!
//! A vision transformer cuts an image into patches and gives a vector for each, and often one more before them, the class
//! token, which was trained to stand for the whole image. Others, such as those with registers, put several before the
//! patches, of which the class token is the first.

use super::first_convolution::FirstConvolution;
use crate::convert::plan::TokenPool;
use crate::onnx::build::GraphBuilder;
use crate::onnx::proto::Graph;

/// More tokens than any network puts before its patches.
const MOST_BEFORE: usize = 16;

/// What a class token's weights are called by torchvision, by timm and Hugging Face, and by CLIP.
const NAMES: [&str; 3] = ["class_token", "cls_token", "class_embedding"];

/// How many tokens a tensor has for an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// All of them: T.
    pub count: usize,
    /// Those before the patches, where that is known.
    pub before: Option<usize>,
}

impl Tokens {
    /// `count` tokens of a network for images of `size` rows and columns.
    ///
    /// How many there are beside the patches says the convolution that makes patches. Where others follow it, a square
    /// image still has a square number of patches; and the weights of a class token mostly have a name that says so.
    pub(super) fn of(
        count: usize,
        graph: &Graph,
        first: Option<&FirstConvolution>,
        size: u32,
    ) -> Self {
        let patches = first.and_then(|first| first.outputs(size));
        let beside = patches.and_then(|patches| count.checked_sub(patches));
        let is_square = |number: usize| number.isqrt().pow(2) == number;
        let named = || {
            let mut weights = graph.initializer.iter();
            weights.any(|tensor| NAMES.iter().any(|name| tensor.name.contains(name)))
        };
        let before = match beside {
            Some(beside) if beside <= MOST_BEFORE => Some(beside),
            _ if is_square(count) => Some(0),
            _ if is_square(count.saturating_sub(1)) || named() => Some(1),
            _ => None,
        };
        Self { count, before }
    }

    /// The usual way: the class token, where there is one.
    pub fn usual(&self) -> TokenPool {
        match self.before {
            None | Some(0) => TokenPool::Mean,
            Some(_) => TokenPool::ClassToken,
        }
    }

    /// Adds what makes [N, 1, D] of the tokens `input`: a sum with these weights, which every opset knows. The mean is that
    /// of the patches.
    pub(super) fn pool(&self, builder: &mut GraphBuilder, input: &str, pool: TokenPool) -> String {
        let before = self.before.unwrap_or(0);
        let each = 1.0 / self.count.saturating_sub(before).max(1) as f32;
        let weight = |index: usize| match pool {
            TokenPool::ClassToken => f32::from(u8::from(index == 0)),
            TokenPool::Mean if index < before => 0.0,
            TokenPool::Mean => each,
        };
        let weights: Vec<f32> = (0..self.count).map(weight).collect();
        builder.weighted_sum("pool", input, &weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::proto::{Attribute, INTS, Node, Tensor};

    /// A graph with a convolution of patches of 8 x 8 pixels, and weights of this name.
    fn graph(name: &str) -> Graph {
        let strides = Attribute {
            name: "strides".into(),
            ints: vec![8, 8],
            kind: INTS,
            ..Attribute::default()
        };
        Graph {
            node: vec![Node {
                op_type: "Conv".into(),
                input: vec!["image".into(), "kernel".into()],
                attribute: vec![strides],
                ..Node::default()
            }],
            initializer: vec![
                Tensor::floats("kernel", &[4, 3, 8, 8], &[]),
                Tensor::floats(name, &[1, 1, 4], &[]),
            ],
            ..Graph::default()
        }
    }

    fn before(count: usize, size: u32, name: &str, is_patches: bool) -> Option<usize> {
        let graph = graph(name);
        let first = FirstConvolution::of(&graph, "image");
        let first = first.filter(|_| is_patches);
        Tokens::of(count, &graph, first.as_ref(), size).before
    }

    #[test]
    fn what_is_more_than_the_patches_stands_before_them() {
        // 4 x 4 patches.
        assert_eq!(before(16, 32, "w", true), Some(0));
        assert_eq!(before(17, 32, "w", true), Some(1));
        assert_eq!(before(21, 32, "w", true), Some(5));
        // Named, and left out of what the network gives.
        assert_eq!(before(16, 32, "embeddings.cls_token", true), Some(0));
        // More convolutions follow, or blocks that join patches.
        assert_eq!(before(4, 32, "w", true), Some(0));
        assert_eq!(before(5, 32, "w", true), Some(1));
        assert_eq!(before(7, 32, "w", true), None);
        assert_eq!(before(7, 32, "class_token", true), Some(1));
    }

    #[test]
    fn without_a_convolution_a_square_of_patches_tells() {
        assert_eq!(before(196, 224, "w", false), Some(0));
        assert_eq!(before(197, 224, "w", false), Some(1));
        assert_eq!(before(1, 224, "w", false), Some(0));
        assert_eq!(before(2, 224, "class_embedding", false), Some(1));
    }
}
