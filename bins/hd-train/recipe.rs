//! The recipe of a training, from the arguments.

use std::path::Path;

use anyhow::bail;
use hd::head::{ClassWeights, Given, Head, Prior, Recipe, Solver, Strength};
use hd::split::{SplitBy, SplitRule};
use hd_cli::misuse;

use crate::arguments::{Arguments, By, Switch};
use crate::steps::Method;

impl Arguments {
    /// The recipe that the flags ask for.
    ///
    /// # Errors
    /// Flags that make no sense together; a file of weights or a head that cannot be read.
    pub(crate) fn recipe(&self) -> anyhow::Result<Recipe> {
        Ok(Recipe {
            split: self.rule()?,
            group_duplicates: self.group_duplicates == Switch::On,
            solver: self.solver()?,
            class_weights: self.class_weights()?,
            prior: self.prior()?,
            init: self.init.as_deref().map(Head::open).transpose()?,
        })
    }

    fn rule(&self) -> anyhow::Result<SplitRule> {
        let usual = SplitRule::default();
        let validation = self.validation_percentage.unwrap_or(usual.validation);
        let testing = self.testing_percentage.unwrap_or(usual.testing);
        if validation + testing >= 100 {
            return misuse(format!(
                "{validation} % for validation and {testing} % for testing leave nothing to train on"
            ));
        }
        if !self.path_prefix.is_empty() && self.split_by != Some(By::Path) {
            return misuse("--path-prefix needs --split-by path".to_owned());
        }
        Ok(SplitRule {
            validation,
            testing,
            seed: self.seed,
            by: SplitBy::default(),
            twins: None,
        })
    }

    /// By what images are divided that come divided already, or do not.
    ///
    /// # Errors
    /// A division that is asked for and that they do not come with.
    pub(crate) fn split_by(&self, is_divided: bool) -> anyhow::Result<SplitBy> {
        let usual = if is_divided { By::Folder } else { By::Content };
        let by = self.split_by.unwrap_or(usual);
        if is_divided && by != By::Folder {
            log::warn!("the images come divided, and that division is left aside");
        }
        match by {
            By::Content => Ok(SplitBy::Content),
            By::Path => Ok(SplitBy::Path {
                prefix: self.path_prefix.clone(),
            }),
            By::Folder if is_divided => Ok(SplitBy::Folder),
            By::Folder => bail!(
                "--split-by folder: the images lie in no folders train, val and test, and no list names their splits"
            ),
        }
    }

    fn solver(&self) -> anyhow::Result<Solver> {
        match (self.steps.sgd(), self.steps.solver, self.l2) {
            (None, _, strength) => Ok(Solver::Lbfgs(strength)),
            (Some(_), Some(Method::Lbfgs), _) => misuse(
                "--solver lbfgs goes to the optimum, and takes no steps to be counted".to_owned(),
            ),
            (Some(_), _, Strength::Given(_)) => {
                misuse("--solver sgd holds nothing small: --l2 is for lbfgs".to_owned())
            }
            (Some(sgd), _, Strength::Chosen) => Ok(Solver::Sgd(sgd)),
        }
    }

    fn prior(&self) -> anyhow::Result<Prior> {
        let Some(prior) = &self.prior else {
            return Ok(Prior::Trained);
        };
        Ok(match prior.to_str() {
            Some("images") => Prior::Images,
            Some("equal") => Prior::Equal,
            _ => Prior::Given(given(prior, "--prior is `images`, `equal`")?),
        })
    }

    fn class_weights(&self) -> anyhow::Result<ClassWeights> {
        let weights = match self.class_weights.to_str() {
            Some("none") => ClassWeights::None,
            Some("balanced") => ClassWeights::Balanced,
            _ => ClassWeights::Given(given(
                &self.class_weights,
                "--class-weights is `none`, `balanced`",
            )?),
        };
        if self.steps.sgd().is_some() && weights != ClassWeights::None {
            return misuse(
                "--solver sgd draws every label as often as any other: --class-weights is for lbfgs"
                    .to_owned(),
            );
        }
        Ok(weights)
    }
}

/// A file with a number for each label. `otherwise` says what else the flag can be.
fn given(path: &Path, otherwise: &str) -> anyhow::Result<Given> {
    if !path.exists() {
        bail!(
            "{otherwise} or a file, and there is no file {}",
            path.display()
        );
    }
    Ok(Given::open(path)?)
}
