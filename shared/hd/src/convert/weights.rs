//! The tensors of a file of weights by name, whichever form it has and whatever they were saved with.

use std::collections::BTreeMap;
use std::path::Path;

use super::blueprint::{Blueprint, Conv, NORM};
use super::network_kind::NetworkKind;
use super::safetensors::{self, is_safetensors};
use super::tensor::Tensor;
use super::torch::read_state_dict;
use crate::error::{Error, Result};

/// The tensors of a file, which messages name.
pub(super) struct Weights<'a> {
    path: &'a Path,
    tensors: BTreeMap<String, Tensor>,
}

/// Weights, and biases behind them.
pub(super) type Folded = (Vec<f32>, Vec<f32>);

impl<'a> Weights<'a> {
    /// Reads safetensors, or what PyTorch saves in either of its formats.
    ///
    /// # Errors
    /// Bytes that are none of these, or are damaged; a pickle that wants anything but tensors.
    pub(super) fn read(path: &'a Path, bytes: &[u8]) -> Result<Self> {
        let tensors = match is_safetensors(bytes) {
            true => safetensors::read(bytes).map_err(|error| format!("safetensors: {error}")),
            false => read_state_dict(bytes).map_err(|error| error.to_string()),
        };
        let tensors = tensors.map_err(|reason| wrong(path, reason))?;
        Ok(Self { path, tensors }.unwrapped())
    }

    /// The same without what stands before the names of a network that was part of another when it was saved, such as
    /// `module.` or `model.`, and without the tensors that were not the network's.
    fn unwrapped(mut self) -> Self {
        let prefix = self.prefix().map(str::to_owned);
        if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
            let named = |(name, tensor): (String, Tensor)| {
                Some((name.strip_prefix(&prefix)?.to_owned(), tensor))
            };
            self.tensors = self.tensors.into_iter().filter_map(named).collect();
        }
        self
    }

    /// What stands before the name of the first convolution of a network that is known; the shortest, where there are
    /// several, since the other networks are then parts or averages of it.
    fn prefix(&self) -> Option<&str> {
        let first = |kind: NetworkKind| Some(kind.tensors().into_iter().next()?.0);
        let stems: Vec<String> = NetworkKind::ALL.into_iter().filter_map(first).collect();
        let before = |name: &'_ str, stem: &str| -> Option<usize> {
            let before = name.strip_suffix(stem)?;
            (before.is_empty() || before.ends_with('.')).then_some(before.len())
        };
        let names = self.tensors.keys();
        let prefixes = names.filter_map(|name| {
            let length = stems.iter().find_map(|stem| before(name, stem))?;
            name.get(..length)
        });
        prefixes.min_by_key(|prefix| prefix.len())
    }

    /// The network that these are weights of, which is `expected` where one is named.
    ///
    /// # Errors
    /// Weights of another network than the expected one, or of none that is known.
    pub(super) fn kind(&self, expected: Option<NetworkKind>) -> Result<NetworkKind> {
        let shares = NetworkKind::ALL.map(|kind| (kind, self.share(kind)));
        let found = shares.into_iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let found = found.filter(|&(_, share)| share > 0.5);
        match (expected, found) {
            (Some(expected), Some((found, 1.0))) if found != expected => {
                Err(self.wrong(format!("weights of {found}, not of {expected}")))
            }
            (Some(kind), _) | (None, Some((kind, _))) => Ok(kind),
            (None, None) => {
                let known: Vec<String> = NetworkKind::ALL
                    .iter()
                    .map(|kind| kind.to_string())
                    .collect();
                let known = known.join(", ");
                Err(self.wrong(format!(
                    "not the weights of a network that is known: {known}"
                )))
            }
        }
    }

    /// The share of a network's tensors that are here, by name and shape.
    fn share(&self, kind: NetworkKind) -> f64 {
        let wanted = kind.tensors();
        let has = |(name, shape): &&(String, Vec<i64>)| {
            let found = self.tensors.get(name);
            found.is_some_and(|tensor| has_shape(tensor, shape))
        };
        wanted.iter().filter(has).count() as f64 / wanted.len().max(1) as f64
    }

    /// The error that these weights have something wrong.
    pub(super) fn wrong(&self, reason: String) -> Error {
        wrong(self.path, reason)
    }

    /// The tensor `name`, which must have this shape.
    pub(super) fn tensor(&self, name: &str, shape: &[i64]) -> Result<&[f32]> {
        let tensor = self.any(name)?;
        match has_shape(tensor, shape) {
            true => Ok(&tensor.data),
            false => Err(self.wrong(format!(
                "tensor '{name}' has the shape {:?}, not {shape:?}",
                tensor.shape
            ))),
        }
    }

    fn any(&self, name: &str) -> Result<&Tensor> {
        let tensor = self.tensors.get(name);
        tensor.ok_or_else(|| self.wrong(format!("no tensor '{name}'")))
    }

    /// The fully connected layer `name` of so many inputs and any number of outputs: W in rows, and b.
    pub(super) fn linear(&self, name: &str, inputs: i64) -> Result<(&[f32], &[f32])> {
        let (matrix, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let outputs = self
            .any(&matrix)?
            .shape
            .first()
            .copied()
            .unwrap_or_default() as i64;
        let weights = self.tensor(&matrix, &[outputs, inputs])?;
        Ok((weights, self.tensor(&bias, &[outputs])?))
    }

    /// A convolution with bias and of these shapes.
    pub(super) fn biased(&self, name: &str, shape: &[i64; 4]) -> Result<(&[f32], &[f32])> {
        let weights = self.tensor(&format!("{name}.weight"), shape)?;
        let [outputs, ..] = *shape;
        Ok((weights, self.tensor(&format!("{name}.bias"), &[outputs])?))
    }

    /// A convolution and the batch norm behind it as one convolution with bias:
    /// `w gamma / sqrt(variance + epsilon)` and `beta - mean gamma / sqrt(variance + epsilon)`.
    pub(super) fn folded(&self, conv: &Conv, blueprint: &Blueprint) -> Result<Folded> {
        let shape = conv.shape();
        let channels = shape.get(..1).unwrap_or_default();
        let weights = self.tensor(&conv.weights(), &shape)?;
        let [gamma, beta, mean, variance] =
            NORM.map(|part| self.tensor(&format!("{}.{part}", conv.norm), channels));
        let (gamma, beta, mean, variance) = (gamma?, beta?, mean?, variance?);
        let factors: Vec<f64> = gamma
            .iter()
            .zip(variance)
            .map(|(&g, &v)| f64::from(g) / (f64::from(v) + blueprint.epsilon).sqrt())
            .collect();
        let per_channel = (weights.len() / factors.len().max(1)).max(1);
        let folded = weights.chunks(per_channel).zip(&factors);
        let folded = folded
            .flat_map(|(chunk, factor)| chunk.iter().map(move |&w| (f64::from(w) * factor) as f32));
        let bias = beta.iter().zip(mean).zip(&factors);
        let bias = bias
            .map(|((&beta, &mean), factor)| (f64::from(beta) - f64::from(mean) * factor) as f32);
        Ok((folded.collect(), bias.collect()))
    }
}

fn has_shape(tensor: &Tensor, shape: &[i64]) -> bool {
    let sizes = tensor.shape.iter().map(|&size| size as i64);
    sizes.eq(shape.iter().copied())
}

fn wrong(path: &Path, reason: String) -> Error {
    Error::Weights {
        path: path.to_path_buf(),
        reason,
    }
}
