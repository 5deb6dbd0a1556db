//! The flag with corrections of labels, for the programs that read bottlenecks.

use std::path::PathBuf;

use clap::Args;
use hd::bottleneck::{Corrected, Corrections, Samples};
use hd::counted;

/// The flag with corrections of labels.
#[derive(Args, Debug)]
pub struct CorrectionsFlag {
    /// A table with the columns path and label: these images have these labels, or with `-` none and are left out. The
    /// report of hd-eval makes one
    #[arg(long = "corrections", value_name = "FILE.tsv")]
    pub path: Option<PathBuf>,
}

impl CorrectionsFlag {
    /// The samples in these files, corrected, and tells what became of the corrections.
    ///
    /// # Errors
    /// Files that cannot be used.
    pub fn open(&self, bottlenecks: &[PathBuf]) -> anyhow::Result<Samples> {
        let corrections = self.path.as_deref().map(Corrections::open).transpose()?;
        let mut samples = Samples::open(bottlenecks)?;
        if let (Some(corrections), Some(path)) = (corrections, &self.path) {
            let Corrected {
                relabelled,
                left_out,
                strangers,
            } = samples.correct(&corrections)?;
            let shown = path.display();
            let images = counted(relabelled, "image");
            log::info!("{shown}: {images} with another label, {left_out} left out");
            if strangers > 0 {
                log::warn!(
                    "{shown}: of {} there is no image here",
                    counted(strangers, "line")
                );
            }
        }
        Ok(samples)
    }
}
