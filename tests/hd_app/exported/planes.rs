//! JPEG in an exported page, beside JPEG in hd, pixel by pixel.

use std::fs;

use hd::photo::{Want, decode};

use super::super::brought::turned_photo;
use super::{open, served};
use crate::workdir::{Workdir, drawings, top};

/// Has the page decode an image at a part of its size, and says how far that is from what hd decodes: null where the
/// browser has no planes of it, or where the size is another one; else the mean of the differences, that of their sizes,
/// and the largest of them.
const SCRIPT: &str = "
return (async () => {
  const { paintJpeg } = await import(new URL('jpeg.js', document.baseURI));
  const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
  const [image, expected] = [await bytes('image.bin'), await bytes('pixels.bin')];
  let at = 0, sum = 0, apart = 0, most = 0;
  const push = (row) => {
    for (const value of row) {
      const difference = value - expected[at++];
      sum += difference;
      apart += Math.abs(difference);
      most = Math.max(most, Math.abs(difference));
    }
  };
  const painted = await paintJpeg(image, BY, () => ({ push }));
  return painted && at === expected.length ? [sum / at, apart / at, most] : null;
})()";

#[test]
fn the_page_has_the_pixels_of_hd_where_the_browser_gives_planes() {
    let test = "the_page_has_the_pixels_of_hd_where_the_browser_gives_planes";
    let dir = Workdir::new();
    let Some((host, browser)) = served(test, &dir, &[]) else {
        return;
    };
    open(&browser, &host.address);
    let kept = |name: &str| fs::read(top().join("tests/images").join(name)).unwrap();
    let names = [
        "420",
        "422",
        "444",
        "odd-size",
        "progressive",
        "turned-7",
        "turned-6-first",
        "turned-6-second",
    ];
    let mut images: Vec<Vec<u8>> = names
        .map(|name| kept(&format!("colour-{name}.jpg")))
        .to_vec();
    images
        .extend((0..4).map(|i| fs::read(drawings().join(format!("hot_dog/{i:04}.jpg"))).unwrap()));
    images.push(turned_photo(2000, 1501));
    for (number, image) in images.iter().enumerate() {
        let whole = decode(image, &Want::default()).unwrap().rgb;
        for by in [1, 2, 4, 8] {
            let want = Want {
                shorter_side: Some(whole.width.min(whole.height) / by),
                ..Want::default()
            };
            let pixels = decode(image, &want).unwrap().rgb.pixels;
            dir.write("page/image.bin", image);
            dir.write("page/pixels.bin", &pixels);
            let apart = browser.run(&SCRIPT.replace("BY", &by.to_string()));
            let apart: Vec<f64> = serde_json::from_value(apart).unwrap();
            // Of a block at an eighth of its size hd takes the mean before it is rounded.
            let (mean, size) = if by < 8 { (0.2, 0.4) } else { (0.5, 0.8) };
            let is_near = apart[0].abs() < mean && apart[1] < size;
            assert!(is_near, "image {number} at 1/{by}: {apart:?}");
        }
    }
    assert_eq!(browser.complaints(), [""; 0]);
}
