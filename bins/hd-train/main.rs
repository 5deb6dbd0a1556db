//! hd-train: fits a head to bottlenecks and joins it to the base.

use std::path::Path;
use std::process::ExitCode;

mod again;
mod arguments;
mod check;
mod hub;
mod intermediate;
mod output;
mod recipe;
mod retrain;
mod steps;
mod summaries;
mod tell;

use arguments::Arguments;
use hd::bottleneck::Samples;
use hd::head::{Recipe, Solver, Strength, Training, train};
use hd::onnx::{Ends, Layer, Network, check_name, outline, stitch};
use hd::tensorboard::{self, Summaries};
use hd_cli::{Bar, Common, Program};
use intermediate::Intermediate;
use summaries::{Watcher, points};

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-train";
    const USUAL: &'static [&'static str] = &["bottlenecks"];

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        if let Some(path) = &self.describe {
            return output::describe(path);
        }
        if let Some(explained) = self.foreign.explained(&self.again()) {
            return explained.tell();
        }
        self.check()?;
        let mut recipe = self.recipe()?;
        self.jobs.apply_to_rayon()?;
        let mut samples = self.corrections.open(&self.bottlenecks)?;
        self.memory.keep(&mut samples)?;
        recipe.split.by = self.split_by(samples.is_divided())?;
        let base = self.open_base(&samples)?;
        tell::samples(&samples);
        let (training, summaries) = self.train(&samples, base.as_ref(), &recipe)?;
        tell::training(&training);
        let head = &training.head;
        let graph = (base.as_ref())
            .map(|base| stitch(base, Layer::from(head), self.ends()))
            .transpose()?;
        if let (Some(folder), Some(summaries)) = (&self.summaries_dir, summaries) {
            self.summarise(folder, summaries, &samples, &training, graph.as_deref())?;
        }
        self.write(head, graph.as_deref())
    }
}

impl Arguments {
    /// How the retrained graph is to begin and end.
    pub(crate) fn ends(&self) -> Ends<'_> {
        Ends {
            result: &self.final_tensor_name,
            float_input: self.float_input,
        }
    }

    /// The base, where one is given. It must be the one that the bottlenecks were made with.
    fn open_base(&self, samples: &Samples) -> anyhow::Result<Option<Network>> {
        let Some(path) = &self.base else {
            return Ok(None);
        };
        let mut base = Network::open_base(path)?;
        samples.check_base(&base)?;
        check_name(&base, &self.final_tensor_name)?;
        // The graph has to prepare images as they were prepared for the bottlenecks.
        base.preprocess = samples.preprocess().clone();
        base.folders = samples.folders();
        Ok(Some(base))
    }

    /// Trains, and collects the summaries if they are wanted.
    fn train<'s>(
        &self,
        samples: &Samples,
        base: Option<&Network>,
        recipe: &Recipe,
    ) -> anyhow::Result<(Training, Option<Summaries<'s>>)> {
        let bar = Bar::default();
        if recipe.solver == Solver::Lbfgs(Strength::Chosen) {
            bar.spin("choosing the strength of the regularisation");
        }
        let watch = Watcher {
            runs: self.summaries_dir.is_some().then(Default::default),
            intermediate: Intermediate::of(self, base)?,
        };
        let training = train(samples, recipe, &watch);
        bar.clear();
        Ok((training?, watch.finish()?))
    }

    /// Writes what TensorBoard shows.
    fn summarise<'a>(
        &'a self,
        folder: &Path,
        mut summaries: Summaries<'a>,
        samples: &'a Samples,
        training: &Training,
        graph: Option<&[u8]>,
    ) -> hd::Result<()> {
        let architecture = &training.head.architecture;
        summaries.graph = graph.and_then(|graph| outline(graph, architecture));
        summaries.points = points(samples, &training.splits);
        summaries.images = self.images.as_deref();
        tensorboard::write(folder, &summaries)?;
        tell::summaries(folder);
        Ok(())
    }
}
