//! hd-eval: scores a head on images that it has not seen.

use std::io::{self, Write};
use std::process::ExitCode;

mod arguments;

use anyhow::bail;
use arguments::{Arguments, Images};
use hd::audit::{suspects, write_suspects};
use hd::eval::{Metrics, evaluate, render};
use hd::file;
use hd::head::Head;
use hd_cli::{Common, Program, check_outputs};

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-eval";
    const USUAL: &'static [&'static str] = &["head", "bottlenecks"];

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        if let Some(path) = &self.describe {
            return Ok(write!(io::stdout(), "{}", Metrics::open(path)?)?);
        }
        let Some(head) = &self.head else {
            bail!("HEAD is needed");
        };
        let inputs = self.bottlenecks.iter().chain([head]);
        let inputs = inputs.chain(&self.corrections.path);
        check_outputs(
            inputs,
            [&self.metrics, &self.report, &self.suspects]
                .into_iter()
                .flatten(),
        )?;
        self.jobs.apply_to_rayon()?;
        let head = Head::open(head)?;
        let samples = self.corrections.open(&self.bottlenecks)?;
        let (metrics, same_images) = evaluate(&head, &samples, self.split.split())?;
        self.warn(same_images);
        if let Some(path) = &self.report {
            let page = render(&metrics, &head)?;
            file::replace(path, |out| out.write_all(page.as_bytes()))?;
        }
        if let Some(path) = &self.suspects {
            write_suspects(path, &suspects(&head, &samples)?, &head, &samples)?;
        }
        if let Some(path) = &self.metrics {
            metrics.write(path)?;
        }
        Ok(write!(io::stdout(), "{metrics}")?)
    }
}

impl Arguments {
    /// Warns of figures that promise more than the head can do on images that it has not seen.
    fn warn(&self, same_images: bool) {
        match (self.split, same_images) {
            (Images::Testing, true) | (Images::All, false) => {}
            (Images::Testing, false) => {
                log::warn!(
                    "these are not the images that the head was trained with: it may have seen some of them"
                );
            }
            _ => log::warn!("the head was fitted on images among these: the figures flatter it"),
        }
    }
}
