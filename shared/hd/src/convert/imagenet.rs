//! The normalisation that torchvision and most others train with: mean and deviation of ImageNet's pixels, of 1.

pub(super) const MEAN: [f64; 3] = [0.485, 0.456, 0.406];
pub(super) const STD: [f64; 3] = [0.229, 0.224, 0.225];
