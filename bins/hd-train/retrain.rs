//! The flags of retrain.py that belong to other programs here.
//!
//! retrain.py was one program for everything. A user who pastes its command is told the commands that do the same.

use std::env;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::error::Error;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use hd_cli::{Silent, paste};

use crate::hub::nearest;

/// A flag that retrain.py had and hd-train has not.
struct Flag {
    name: &'static str,
    /// The name of its value; absent where it takes none.
    value: Option<&'static str>,
    /// The program that does what the flag did.
    place: &'static str,
}

const fn flag(name: &'static str, value: Option<&'static str>, place: &'static str) -> Flag {
    Flag { name, value, place }
}

const IMAGES: &str = "image-dir";
const BOTTLENECKS: &str = "bottleneck-dir";
const MODELS: &str = "model-dir";
const BASE: &str = "architecture";
const MODULE: &str = "tfhub-module";
const MISCLASSIFIED: &str = "print-misclassified-test-images";

/// The place of the flags that hd-bottleneck has by the same name.
const DISTORTION: &str = "the same of hd-bottleneck";

const FLAGS: [Flag; 13] = [
    flag(IMAGES, Some("DIR"), "IMAGES of hd-bottleneck"),
    flag(BOTTLENECKS, Some("DIR"), "-o of hd-bottleneck"),
    flag(MODELS, Some("DIR"), "-o of hd-fetch base"),
    flag(BASE, Some("NAME"), "NAME of hd-fetch base"),
    flag(
        "test-batch-size",
        Some("N"),
        "nothing: hd-eval tests on every image that is for it",
    ),
    flag(MISCLASSIFIED, None, "the same of hd-eval"),
    flag(MODULE, Some("URL"), "NAME of hd-fetch base"),
    flag(
        "saved-model-dir",
        Some("DIR"),
        "nothing: --output-graph is all that labelling takes",
    ),
    flag(
        "checkpoint-path",
        Some("FILE"),
        "nothing: training takes seconds, and begins anew",
    ),
    flag("flip-left-right", None, DISTORTION),
    flag("random-crop", Some("P"), DISTORTION),
    flag("random-scale", Some("P"), DISTORTION),
    flag("random-brightness", Some("P"), DISTORTION),
];

/// The flags beside which no bottlenecks are needed: these, and the one that prints a head.
pub(crate) fn elsewhere() -> impl Iterator<Item = &'static str> {
    FLAGS.iter().map(|flag| flag.name).chain(["describe"])
}

/// Those of them that were given, with their values.
pub(crate) struct Foreign(Vec<(&'static Flag, Option<String>)>);

/// None of them is in --help.
impl Args for Foreign {
    fn augment_args(command: Command) -> Command {
        let arg = |flag: &Flag| {
            let arg = Arg::new(flag.name).long(flag.name).hide(true);
            match flag.value {
                Some(value) => arg.value_name(value),
                None => arg.action(ArgAction::SetTrue),
            }
        };
        command.args(FLAGS.iter().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Foreign {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |flag: &'static Flag| match flag.value {
            Some(_) => {
                let value = matches.get_one::<String>(flag.name)?;
                Some((flag, Some(value.clone())))
            }
            None => matches.get_flag(flag.name).then_some((flag, None)),
        };
        Ok(Self(FLAGS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The flags of hd-train that were given, as they are to be given again.
pub(crate) struct Again {
    pub(crate) summaries_dir: Option<String>,
    pub(crate) output_graph: Option<String>,
    pub(crate) output_labels: Option<String>,
    pub(crate) testing_percentage: Option<u32>,
    pub(crate) validation_percentage: Option<u32>,
    /// The flags of gradient descent.
    pub(crate) solver: String,
    /// The flags of the network, each with a space before it.
    pub(crate) graph: String,
}

/// retrain.py's default. Of this base alone it took the features, and of all others the logits.
const INCEPTION: &str = "inception_v3";

/// retrain.py's default for both percentages.
const PERCENTAGE: u32 = 10;

impl Foreign {
    /// Which flags belong where, and the commands that do what retrain.py did; None where no such flag was given.
    pub(crate) fn explained(&self, again: &Again) -> Option<Explained> {
        if self.0.is_empty() {
            return None;
        }
        let mut text = "flags of retrain.py that are not hd-train's:\n".to_owned();
        for (flag, _) in &self.0 {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  --{} is {}", flag.name, flag.place);
        }
        let instead = match (self.architecture(), self.value(MODULE)) {
            (Some(_), _) => String::new(),
            (None, Some(module)) => {
                format!(
                    ", with {}, the base that is nearest to {module}",
                    nearest(module)
                )
            }
            (None, None) => format!(", with {INCEPTION}, which was its default"),
        };
        let _ = writeln!(text, "these commands do what retrain.py did{instead}:");
        let commands = self
            .commands(again)
            .map(|command| format!("{}{command}", beside()));
        Some(Explained { text, commands })
    }

    /// The value of a flag.
    fn value(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().find(|(flag, _)| flag.name == name);
        given.and_then(|(_, value)| value.as_deref())
    }

    /// The architecture that was asked for.
    fn architecture(&self) -> Option<&str> {
        self.value(BASE)
    }

    /// The folder that a flag names, or the usual one.
    fn folder<'a>(&'a self, name: &str, usual: &'a str) -> &'a str {
        match self.value(name).unwrap_or(usual).trim_end_matches('/') {
            "" => ".",
            folder => folder,
        }
    }

    fn commands(&self, again: &Again) -> [String; 4] {
        let architecture = match (self.architecture(), self.value(MODULE)) {
            (Some(given), _) => given.to_lowercase(),
            (None, Some(module)) => nearest(module),
            (None, None) => INCEPTION.to_owned(),
        };
        let images = self.value(IMAGES).unwrap_or("IMAGES").trim_end_matches('/');
        let images = quoted(images);
        let folder = self.folder(BOTTLENECKS, "out");
        let base = format!("{}/{architecture}.onnx", self.folder(MODELS, "models"));
        let base = quoted(&base);
        let cache = quoted(&format!("{folder}/bottlenecks.bin"));
        let head = quoted(&format!("{folder}/head.bin"));
        let calibrated = match architecture.ends_with("_quantized") {
            true => format!(" --calibrate {images}"),
            false => String::new(),
        };
        let bottleneck = match architecture.starts_with(INCEPTION) {
            true => "pooled",
            false => "logits",
        };
        [
            format!(
                "hd-fetch base {} --bottleneck {bottleneck}{calibrated} -o {base}",
                quoted(&architecture)
            ),
            format!(
                "hd-bottleneck --base {base} {images}{} -o {cache}",
                self.distortions()
            ),
            format!(
                "hd-train {cache} --base {base} --head {head} {} --split-by path --path-prefix {images} {}",
                again.outputs(),
                again.percentages()
            ),
            format!("hd-eval {head} {cache}{}", self.misclassified(folder)),
        ]
    }

    /// The flags of hd-eval that show misclassified images, with a space before them, where they were asked for.
    fn misclassified(&self, folder: &str) -> String {
        let report = || quoted(&format!("{folder}/report.html"));
        match self.0.iter().any(|(flag, _)| flag.name == MISCLASSIFIED) {
            true => format!(" --{MISCLASSIFIED} --report {}", report()),
            false => String::new(),
        }
    }

    /// The flags of hd-bottleneck, each with a space before it.
    fn distortions(&self) -> String {
        let mut flags = String::new();
        for (flag, value) in self.0.iter().filter(|(flag, _)| flag.place == DISTORTION) {
            let _ = write!(flags, " --{}", flag.name);
            if let Some(value) = value {
                let _ = write!(flags, " {}", quoted(value));
            }
        }
        flags
    }
}

impl Again {
    fn outputs(&self) -> String {
        let graph = self.output_graph.as_deref();
        let graph = graph.unwrap_or("retrained_graph.onnx");
        let graph = quoted(&graph.replace(".pb", ".onnx"));
        let labels = self.output_labels.as_deref();
        let labels = quoted(labels.unwrap_or("retrained_labels.txt"));
        let summaries = match &self.summaries_dir {
            Some(folder) => format!(" --summaries-dir {}", quoted(folder)),
            None => String::new(),
        };
        let Self {
            graph: more,
            solver,
            ..
        } = self;
        format!("--output-graph {graph} --output-labels {labels}{more}{summaries} {solver}")
    }

    fn percentages(&self) -> String {
        let testing = self.testing_percentage.unwrap_or(PERCENTAGE);
        let validation = self.validation_percentage.unwrap_or(PERCENTAGE);
        format!("--testing-percentage {testing} --validation-percentage {validation}")
    }
}

/// What became of retrain.py's flags.
pub(crate) struct Explained {
    text: String,
    /// Commands that do the same, to be pasted.
    commands: [String; 4],
}

impl Explained {
    /// Tells it, each command on a line of its own and without the program's name, so that it can be pasted.
    ///
    /// # Errors
    /// Always: the program was called wrongly.
    pub(crate) fn tell(self) -> anyhow::Result<()> {
        log::error!("{}", self.text);
        self.commands.iter().for_each(|command| paste(command));
        Silent::misuse()
    }
}

/// The folder of this program as it was called, with a slash: there the others lie. Nothing where the shell found it.
fn beside() -> String {
    let called = env::args_os().next().map(PathBuf::from);
    let folder = called.as_deref().and_then(Path::parent);
    match folder.filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => quoted(&format!("{}/", folder.display()).replace("//", "/")),
        None => String::new(),
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
