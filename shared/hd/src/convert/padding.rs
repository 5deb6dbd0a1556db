//! The padding that TensorFlow calls SAME.

/// Along one side of `size` pixels that a kernel moves over: the padding before, the number of outputs, and the padding
/// behind.
///
/// "The notes on padding" of TensorFlow's tf.nn: SAME gives ceil(size / stride) outputs, and an odd padding is larger
/// behind. All three are at least 1.
pub(super) fn same(size: i64, kernel: i64, stride: i64) -> [i64; 3] {
    let outputs = (size + stride - 1) / stride;
    let padding = ((outputs - 1) * stride + kernel - size).max(0);
    [padding / 2, outputs, padding - padding / 2]
}
