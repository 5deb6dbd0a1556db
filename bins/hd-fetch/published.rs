//! The bases of the catalogue, made from their published weights.

use std::fs;

use anyhow::Result;
use hd::convert::{Cut, Expected, Import, Provenance};
use hd::photo::ResizeRule;
use hd_cli::Resize;
use hd_download::Progress;

use crate::catalog::{Base, Catalog, Form};
use crate::network::read_network;
use crate::source::Sources;
use crate::weights::{Weights, weights};

/// The folder that bases are written to, if nothing else is said.
pub(crate) const MODELS: &str = "models";

/// The base `name` of the catalogue, cut at `cut`, for images that are brought to its size as `resize` says, or as is
/// best for it. Its weights are brought if they are not in the cache.
///
/// # Errors
/// A name that is not in the catalogue; weights that cannot be had, or have another digest, or are another network's.
pub(crate) fn published_base(
    name: &str,
    cut: Cut,
    resize: Option<Resize>,
    sources: &Sources,
) -> Result<Vec<u8>> {
    let base = Catalog::built_in()?.base(name)?;
    let weights = weights(&base, sources)?;
    let made = convert(&base, &weights, &cut, base.resize(resize), sources.progress);
    if made.is_ok() || weights.verified {
        return made;
    }
    // What came was something else, or is damaged, and would be in the way of the right file for ever. Where it cannot be
    // removed, the first error still says what is wrong.
    let removed = fs::remove_file(&weights.path);
    if removed.is_err() || !weights.kept {
        return made;
    }
    log::warn!("{}: damaged; it is brought again", weights.path.display());
    published_base(name, cut, resize, sources)
}

fn convert(
    base: &Base,
    weights: &Weights,
    cut: &Cut,
    resize: ResizeRule,
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let import = Import {
        path: &weights.path,
        bytes: read_network(&weights.path, progress)?.into(),
        provenance: Provenance {
            architecture: base.name.clone(),
            source: weights.source.clone(),
            sha256: weights.sha256.clone(),
            licence: base.licence.clone(),
        },
        expected: expected(base, cut),
        kind: base.network,
        cut: cut.clone(),
        pool: None,
        size: Some(base.size),
        mean: None,
        std: None,
        resize: Some(resize),
    };
    Ok(match base.form {
        Form::Pytorch => import.weights()?,
        Form::Tensorflow => import.graph()?,
    })
}

/// The sizes that a frozen graph must have to go by the name of `base`.
pub(crate) fn expected(base: &Base, cut: &Cut) -> Option<Expected> {
    if base.form != Form::Tensorflow {
        return None;
    }
    let values = match cut {
        Cut::Pooled => base.pooled,
        Cut::Logits => base.logits,
        Cut::Named(_) => return None,
    };
    let size = base.size;
    Some(Expected { size, values })
}
