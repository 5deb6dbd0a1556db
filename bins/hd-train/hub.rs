//! Modules of TensorFlow Hub, and the bases of the catalogue that are nearest to them.
//!
//! A module is named by an address such as
//! `https://tfhub.dev/google/imagenet/mobilenet_v1_100_224/feature_vector/1`: the network, its width in percent, and
//! the size of an image.

/// Widths of MobileNet v1, in percent and as the catalogue spells them.
const WIDTHS: [(u32, &str); 4] = [(25, "0.25"), (50, "0.50"), (75, "0.75"), (100, "1.0")];

/// Sizes of an image that MobileNet v1 has.
const SIZES: [u32; 4] = [128, 160, 192, 224];

/// MobileNet v2 of the catalogue, for images of either size.
const V2: &str = "mobilenet_v2_1.0_224";
const V2_LARGE: &str = "mobilenet_v2_1.0_320";

/// Sizes from here on are nearer to the larger.
const LARGE: u32 = 272;

/// The architecture that is nearest to a module.
pub(crate) fn nearest(module: &str) -> String {
    let module = module.to_lowercase();
    let name = module
        .split('/')
        .find(|part| part.starts_with("mobilenet_v"));
    let name = name.unwrap_or_default();
    let (width, size) = numbers(name);
    match (name.starts_with("mobilenet_v1"), size >= LARGE) {
        (true, _) => {
            let width = WIDTHS
                .iter()
                .min_by_key(|(percent, _)| percent.abs_diff(width));
            let size = SIZES.iter().min_by_key(|known| known.abs_diff(size));
            let width = width.map_or("1.0", |(_, spelled)| *spelled);
            format!("mobilenet_{width}_{}", size.unwrap_or(&224))
        }
        (false, true) => V2_LARGE.to_owned(),
        (false, false) => V2.to_owned(),
    }
}

/// The width in percent and the size in a module's name; as usual where it has none.
fn numbers(name: &str) -> (u32, u32) {
    let mut numbers = name.split('_').filter_map(|part| part.parse().ok());
    let width = numbers.next().unwrap_or(100);
    (width, numbers.next().unwrap_or(224))
}
