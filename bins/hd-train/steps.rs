//! The flags of retrain.py's training, step by step.

use std::fmt;

use clap::{Args, ValueEnum};
use hd::head::Sgd;

/// The flags of gradient descent.
#[derive(Args)]
#[command(next_help_heading = "Training step by step, as retrain.py does it")]
pub(crate) struct Steps {
    /// How the head is trained: to the optimum, or by gradient descent, which the flags below ask for too
    #[arg(long, value_enum)]
    pub(crate) solver: Option<Method>,

    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help = defaults_to("Steps", Sgd::default().steps)
    )]
    how_many_training_steps: Option<u32>,

    #[arg(
        long,
        value_name = "RATE",
        value_parser = rate,
        help = defaults_to("How far a step goes", Sgd::default().learning_rate)
    )]
    learning_rate: Option<f32>,

    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        help = defaults_to(
            "Images in the batch of a step, every label as likely as any other",
            Sgd::default().train_batch_size
        )
    )]
    train_batch_size: Option<u32>,

    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        value_parser = batch,
        help = defaults_to(
            "Images that validation accuracy is measured on, drawn likewise; -1 for all of them",
            Batch(Sgd::default().validation_batch_size)
        )
    )]
    validation_batch_size: Option<Batch>,

    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help = defaults_to("Steps from one measurement to the next", Sgd::default().eval_step_interval)
    )]
    eval_step_interval: Option<u32>,
}

/// The help of a flag whose absence means something else than its default: that gradient descent is not asked for.
fn defaults_to(help: &str, default: impl fmt::Display) -> String {
    format!("{help} [default: {default}]")
}

/// So many images, or all of them.
#[derive(Clone, Copy)]
struct Batch(Option<u32>);

/// As the flag spells it.
impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(count) => write!(f, "{count}"),
            None => f.write_str("-1"),
        }
    }
}

fn batch(text: &str) -> Result<Batch, String> {
    match (text, text.parse::<u32>()) {
        ("-1", _) => Ok(Batch(None)),
        (_, Ok(count @ 1..=1_000_000)) => Ok(Batch(Some(count))),
        _ => Err("expected a number from 1 to 1000000, or -1".to_owned()),
    }
}

fn rate(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err("expected a number above 0".to_owned()),
    }
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Method {
    Lbfgs,
    Sgd,
}

impl Steps {
    /// Gradient descent, if it is asked for: by name, or by any of its flags.
    pub(crate) fn sgd(&self) -> Option<Sgd> {
        let asked = self.how_many_training_steps.is_some()
            || self.learning_rate.is_some()
            || self.train_batch_size.is_some()
            || self.validation_batch_size.is_some()
            || self.eval_step_interval.is_some();
        let wanted = asked || self.solver == Some(Method::Sgd);
        wanted.then(|| self.sgd_of_flags())
    }

    fn sgd_of_flags(&self) -> Sgd {
        let usual = Sgd::default();
        Sgd {
            steps: self.how_many_training_steps.unwrap_or(usual.steps),
            learning_rate: self.learning_rate.unwrap_or(usual.learning_rate),
            train_batch_size: self.train_batch_size.unwrap_or(usual.train_batch_size),
            validation_batch_size: (self.validation_batch_size)
                .map_or(usual.validation_batch_size, |batch| batch.0),
            eval_step_interval: self.eval_step_interval.unwrap_or(usual.eval_step_interval),
        }
    }

    /// The flags that ask for the same gradient descent.
    pub(crate) fn flags(&self) -> String {
        let Some(sgd) = self.sgd() else {
            return "--solver sgd".to_owned();
        };
        format!(
            "--how-many-training-steps {} --learning-rate {} --train-batch-size {} --validation-batch-size {} \
             --eval-step-interval {}",
            sgd.steps,
            sgd.learning_rate,
            sgd.train_batch_size,
            Batch(sgd.validation_batch_size),
            sgd.eval_step_interval
        )
    }
}
