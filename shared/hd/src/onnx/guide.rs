//! How a retrained graph tells those who run it elsewhere what to feed it: the rule with nothing left to a default, for
//! programs, and a text for people, which viewers of networks show.

use serde_json::Value;

use super::network::{BOTTLENECK, IMAGE, LABELS};
use crate::photo::{Element, Filter, Preprocess, ResizeRule};

/// The rule as JSON that names its filter, also the usual one, which is left out where only hd reads it. So a base that
/// is made again has the same bytes.
pub(super) fn rule(preprocess: &Preprocess) -> String {
    let mut rule = serde_json::to_value(preprocess).unwrap_or_default();
    if let (Value::Object(rule), Ok(filter)) = (&mut rule, serde_json::to_value(preprocess.filter))
    {
        rule.insert("filter".to_owned(), filter);
    }
    rule.to_string()
}

/// What to feed a graph that takes such images as numbers of this type, and what it gives under the name `result`.
pub(super) fn text(preprocess: &Preprocess, input: Element, result: &str) -> String {
    let Preprocess { width, height, .. } = preprocess;
    let resized = match preprocess.resize {
        ResizeRule::Squash => format!("all of it is resized to {width} x {height} pixels"),
        ResizeRule::CentreCrop { shorter_side } => format!(
            "its shorter side is resized to {shorter_side} pixels and the middle of {width} x {height} is cut out, as \
             torchvision's Resize and CenterCrop do it"
        ),
    };
    let kind = match input {
        Element::Byte => "uint8",
        Element::Float => "float32",
    };
    let filter = match preprocess.filter {
        Filter::Antialiased => "Pillow's Image.Resampling.BILINEAR, which is antialiased bilinear",
        Filter::LegacyBilinear => {
            "that of tf.compat.v1.image.resize_bilinear, which neither antialiases nor rounds; Pillow has none like it"
        }
    };
    format!(
        "Labels images. The input {IMAGE} is {kind} [N, {height}, {width}, 3]: RGB, from 0 to 255; normalisation is \
         inside. An image is turned upright as its EXIF says, put over white where it is transparent, and {resized}. \
         The filter is {filter}. The output {result} is float32 [N, C]: the probabilities of the labels that {LABELS} \
         in the metadata lists as JSON. The output {BOTTLENECK} is float32 [N, D]."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Preprocess {
        serde_json::from_str(r#"{"width":224,"height":192,"resize":"squash"}"#).unwrap()
    }

    #[test]
    fn the_rule_names_the_filter_and_is_the_same_to_us() {
        let told = rule(&usual());
        let filter = |told: &str| serde_json::from_str::<Value>(told).unwrap()["filter"].clone();
        assert_eq!(filter(&told), "antialiased-bilinear");
        assert_eq!(serde_json::from_str::<Preprocess>(&told).unwrap(), usual());
        let legacy = Preprocess {
            filter: Filter::LegacyBilinear,
            ..usual()
        };
        assert_eq!(filter(&rule(&legacy)), "legacy-bilinear");
    }

    #[test]
    fn the_text_says_how_each_kind_of_graph_is_fed() {
        let cropped = Preprocess {
            resize: ResizeRule::CENTRE_CROP,
            ..usual()
        };
        let legacy = Preprocess {
            filter: Filter::LegacyBilinear,
            ..usual()
        };
        let texts = [usual(), cropped, legacy]
            .map(|rule| text(&rule, rule.filter.element(), "final_result"));
        for (text, said) in texts.iter().zip([
            ["image is uint8 [N, 192, 224, 3]", "all of it", "BILINEAR"],
            [
                "uint8",
                "256 pixels and the middle of 224 x 192",
                "BILINEAR",
            ],
            ["float32 [N, 192, 224, 3]", "all of it", "resize_bilinear"],
        ]) {
            assert!(said.iter().all(|said| text.contains(said)), "{text}");
        }
    }
}
