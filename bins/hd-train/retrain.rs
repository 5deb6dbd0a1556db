//! The flags of retrain.py that belong to other programs here.
//!
//! retrain.py was one program for everything. Whoever pastes its command is told the commands that do the same.

use std::fmt::Write;

use clap::Args;

/// What retrain.py had and hd-train has not. None of it is in --help.
#[derive(Args)]
pub(crate) struct Foreign {
    #[arg(long, hide = true, value_name = "DIR")]
    pub(crate) image_dir: Option<String>,
    #[arg(long, hide = true, value_name = "DIR")]
    pub(crate) bottleneck_dir: Option<String>,
    #[arg(long, hide = true, value_name = "DIR")]
    pub(crate) model_dir: Option<String>,
    #[arg(long, hide = true, value_name = "NAME")]
    pub(crate) architecture: Option<String>,
    #[arg(long, hide = true, value_name = "N", allow_negative_numbers = true)]
    pub(crate) test_batch_size: Option<String>,
    #[arg(long, hide = true)]
    pub(crate) print_misclassified_test_images: bool,
    #[arg(long, hide = true)]
    pub(crate) flip_left_right: bool,
    #[arg(long, hide = true, value_name = "P")]
    pub(crate) random_crop: Option<String>,
    #[arg(long, hide = true, value_name = "P")]
    pub(crate) random_scale: Option<String>,
    #[arg(long, hide = true, value_name = "P")]
    pub(crate) random_brightness: Option<String>,
}

/// The flags beside which no bottlenecks are needed: these, and the one that prints a head.
pub(crate) const ELSEWHERE: [&str; 11] = [
    "describe",
    "image_dir",
    "bottleneck_dir",
    "model_dir",
    "architecture",
    "test_batch_size",
    "print_misclassified_test_images",
    "flip_left_right",
    "random_crop",
    "random_scale",
    "random_brightness",
];

/// What hd-train itself was given.
pub(crate) struct Own {
    pub(crate) summaries_dir: Option<String>,
    pub(crate) output_graph: Option<String>,
    pub(crate) output_labels: Option<String>,
    pub(crate) testing_percentage: Option<u32>,
    pub(crate) validation_percentage: Option<u32>,
    /// The flags of gradient descent, as they are to be given again.
    pub(crate) solver: String,
    /// Those of the network, likewise, each with a space before it.
    pub(crate) graph: String,
}

/// What retrain.py took where nothing was said, which the catalogue does not have; and what the lab says in its place.
const INCEPTION: &str = "inception_v3";
const ARCHITECTURE: &str = "mobilenet_1.0_224";
const PERCENTAGE: u32 = 10;

impl Foreign {
    /// The flags that were given, each with the program that it belongs to.
    fn given(&self) -> Vec<(&'static str, &'static str)> {
        let flags = [
            (
                self.image_dir.is_some(),
                "--image-dir",
                "IMAGES of hd-bottleneck",
            ),
            (
                self.bottleneck_dir.is_some(),
                "--bottleneck-dir",
                "-o of hd-bottleneck",
            ),
            (
                self.model_dir.is_some(),
                "--model-dir",
                "-o of hd-fetch base",
            ),
            (
                self.architecture.is_some(),
                "--architecture",
                "NAME of hd-fetch base",
            ),
            (
                self.test_batch_size.is_some(),
                "--test-batch-size",
                "nothing: hd-eval tests on every image that is for it",
            ),
            (
                self.print_misclassified_test_images,
                "--print-misclassified-test-images",
                "--report of hd-eval, which shows them",
            ),
            (
                self.flip_left_right,
                "--flip-left-right",
                "the same of hd-bottleneck",
            ),
            (
                self.random_crop.is_some(),
                "--random-crop",
                "the same of hd-bottleneck",
            ),
            (
                self.random_scale.is_some(),
                "--random-scale",
                "the same of hd-bottleneck",
            ),
            (
                self.random_brightness.is_some(),
                "--random-brightness",
                "the same of hd-bottleneck",
            ),
        ];
        let given = flags.into_iter().filter(|(given, _, _)| *given);
        given.map(|(_, flag, place)| (flag, place)).collect()
    }

    /// Which flags belong where, and the commands that do what retrain.py did; nothing where none was given.
    pub(crate) fn explained(&self, own: &Own) -> Option<String> {
        let given = self.given();
        if given.is_empty() {
            return None;
        }
        let mut text = "flags of retrain.py that are not hd-train's:\n".to_owned();
        for (flag, place) in given {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {flag} is {place}");
        }
        let instead = match self.is_inception() {
            true => format!(", with the lab's {ARCHITECTURE} for {INCEPTION}"),
            false => String::new(),
        };
        let _ = writeln!(text, "these commands do what retrain.py did{instead}:");
        for command in self.commands(own) {
            let _ = writeln!(text, "  {command}");
        }
        Some(text)
    }

    fn is_inception(&self) -> bool {
        let given = self.architecture.as_deref();
        given.is_none_or(|given| given.eq_ignore_ascii_case(INCEPTION))
    }

    fn commands(&self, own: &Own) -> [String; 4] {
        let folder = |given: &Option<String>, usual: &str| {
            let folder = given.as_deref().unwrap_or(usual).trim_end_matches('/');
            if folder.is_empty() {
                ".".to_owned()
            } else {
                folder.to_owned()
            }
        };
        let given = self
            .architecture
            .as_deref()
            .filter(|_| !self.is_inception());
        let architecture = given.unwrap_or(ARCHITECTURE).to_lowercase();
        let models = folder(&self.model_dir, "models");
        let images = self
            .image_dir
            .as_deref()
            .unwrap_or("IMAGES")
            .trim_end_matches('/');
        let bottlenecks = folder(&self.bottleneck_dir, "out");
        let base = quoted(&format!("{models}/{architecture}.onnx"));
        let cache = quoted(&format!("{bottlenecks}/bottlenecks.bin"));
        let head = quoted(&format!("{bottlenecks}/head.bin"));
        let graph = own
            .output_graph
            .as_deref()
            .unwrap_or("retrained_graph.onnx");
        let graph = quoted(&graph.replace(".pb", ".onnx"));
        let labels = quoted(
            own.output_labels
                .as_deref()
                .unwrap_or("retrained_labels.txt"),
        );
        let [testing, validation] = [own.testing_percentage, own.validation_percentage]
            .map(|percentage| percentage.unwrap_or(PERCENTAGE));
        let (solver, more) = (&own.solver, &own.graph);
        let summaries = match &own.summaries_dir {
            Some(folder) => format!(" --summaries-dir {}", quoted(folder)),
            None => String::new(),
        };
        let calibrated = match architecture.ends_with("_quantized") {
            true => format!(" --calibrate {}", quoted(images)),
            false => String::new(),
        };
        [
            format!(
                "hd-fetch base {} --bottleneck logits{calibrated} -o {base}",
                quoted(&architecture)
            ),
            format!(
                "hd-bottleneck --base {base} {}{} -o {cache}",
                quoted(images),
                self.distortions()
            ),
            format!(
                "hd-train {cache} --base {base} --head {head} --output-graph {graph} --output-labels {labels}{more}{summaries} {solver} \
                 --split-by path --path-prefix {} --testing-percentage {testing} --validation-percentage {validation}",
                quoted(images)
            ),
            format!("hd-eval {head} {cache}"),
        ]
    }

    fn distortions(&self) -> String {
        let mut flags = String::new();
        if self.flip_left_right {
            flags.push_str(" --flip-left-right");
        }
        for (flag, value) in [
            ("--random-crop", &self.random_crop),
            ("--random-scale", &self.random_scale),
            ("--random-brightness", &self.random_brightness),
        ] {
            if let Some(value) = value {
                let _ = write!(flags, " {flag} {}", quoted(value));
            }
        }
        flags
    }
}

/// A word for the shell.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+~".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
