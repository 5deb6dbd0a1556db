//! The resizing of the page beside that of hd, on the same pixels.

use std::fs;

use hd::photo::{Filter, Preprocess, ResizeRule, Rgb, View};

use crate::workdir::{Call, Workdir, dependency, top};

/// Resizes what lies in a file, in JavaScript.
const SCRIPT: &str = "
import { readFileSync, writeFileSync } from 'node:fs';
const [kernel, cases] = process.argv.slice(2);
const { resizer } = await import(kernel);
for (const { rule, width, height, from, to } of JSON.parse(readFileSync(cases))) {
  const pixels = readFileSync(from);
  const rows = resizer(rule, { width, height });
  for (let y = 0; y < height; y++) rows.push(pixels, y * width * 3, 3);
  writeFileSync(to, Buffer.from(rows.result().buffer));
}";

/// Colours that look random.
fn image(width: u32, height: u32) -> Rgb {
    let value = |index: u32| (index.wrapping_mul(2_654_435_761) >> 13) as u8;
    Rgb {
        width,
        height,
        pixels: (0..width * height * 3).map(value).collect(),
    }
}

fn rules() -> Vec<Preprocess> {
    let middle = ResizeRule::CentreCrop { shorter_side: 73 };
    let both = [Filter::Antialiased, Filter::LegacyBilinear];
    let each = both
        .into_iter()
        .flat_map(|filter| [ResizeRule::Squash, middle].map(|resize| (filter, resize)));
    let rule = |(filter, resize)| Preprocess {
        resize,
        filter,
        ..Preprocess::of_size(64, 48)
    };
    each.map(rule).collect()
}

#[test]
fn the_page_resizes_as_hd_does_to_the_bit() {
    let Some(node) = dependency(
        "the_page_resizes_as_hd_does_to_the_bit",
        "target/venv/bin/node",
    ) else {
        return;
    };
    let dir = Workdir::new();
    let script = dir.write("resize.mjs", SCRIPT);
    let sizes = [
        (500, 375),
        (64, 48),
        (64, 300),
        (97, 48),
        (20, 15),
        (1, 1),
        (3, 700),
        (1700, 1301),
        (73, 73),
    ];
    let (mut cases, mut expected) = (Vec::new(), Vec::new());
    for (width, height) in sizes {
        let image = image(width, height);
        let from = dir.write(format!("{width}x{height}"), &image.pixels);
        for rule in rules() {
            let to = dir.path(format!("{}", cases.len()));
            cases.push(serde_json::json!({
                "rule": rule, "width": width, "height": height, "from": from, "to": to,
            }));
            expected.push((to, rule.pixels(&image, &View::PLAIN).unwrap(), rule));
        }
    }
    let cases = dir.write("cases.json", serde_json::to_string(&cases).unwrap());
    // Scripts of the page are modules, which node is told by their names elsewhere.
    let kernel = fs::read(top().join("bins/hd-app/page/exported/resize.js")).unwrap();
    let kernel = dir.write("kernel.mjs", kernel);
    let call = Call(std::process::Command::new(node));
    call.args([script, kernel, cases]).succeeds();
    for (to, pixels, rule) in expected {
        assert!(
            fs::read(&to).unwrap() == pixels,
            "{} {rule:?}",
            to.display()
        );
    }
}
