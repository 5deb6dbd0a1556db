//! The input of a network, from the bytes that images are kept in.

use ort::session::SessionInputValue;
use ort::value::{Tensor, TensorRef};

use crate::photo::{Element, Preprocess};

/// Images made by `rule` as a tensor [N, height, width, 3] of such numbers, for as many as the bytes hold; and how many
/// these are.
pub(crate) fn input<'a>(
    rule: &Preprocess,
    wanted: Element,
    bytes: &'a [u8],
) -> ort::Result<(SessionInputValue<'a>, usize)> {
    let [height, width] = [rule.height, rule.width].map(|side| side as usize);
    let element = rule.filter.element();
    let count = bytes.len() / (height * width * 3 * element.bytes()).max(1);
    let shape = [count, height, width, 3];
    let tensor = match (element, wanted) {
        (Element::Byte, Element::Byte) => TensorRef::from_array_view((shape, bytes))?.into(),
        (Element::Byte, Element::Float) => {
            let floats: Vec<f32> = bytes.iter().map(|&byte| byte.into()).collect();
            Tensor::from_array((shape, floats))?.into()
        }
        (Element::Float, _) => {
            Tensor::from_array((shape, bytemuck::pod_collect_to_vec::<u8, f32>(bytes)))?.into()
        }
    };
    Ok((tensor, count))
}
