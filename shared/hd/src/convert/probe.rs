//! A foreign ONNX network as a base. Its file does not say everything; the rest is found out by running it.

use std::path::Path;

use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

use super::onnx::{Candidate, Foreign, Tokens};
use super::plan::{Cut, Plan, TokenPool};
use crate::base::Runtime;
use crate::error::{Error, Result};

/// The largest difference, relative to the largest value, that an image's neighbour may make.
const SAME: f32 = 1e-3;

/// The tensors of `network` that can be a bottleneck, in the network's order, with their shapes for one image: one vector
/// an image, and the tokens that the network itself gives.
///
/// # Errors
/// A network that ONNX Runtime cannot run.
pub(super) fn candidates(
    runtime: &Runtime,
    network: &Foreign,
    plan: &Plan,
) -> Result<Vec<(String, Vec<i64>)>> {
    let names = network.tensors();
    let own = network.outputs();
    let outputs = probe(runtime, network, &names, plan)?;
    let shapes = names.into_iter().zip(outputs);
    Ok(shapes
        .filter(|(name, shape)| {
            vector(shape, 1).is_some() || own.contains(name) && tokens(shape).is_some()
        })
        .collect())
}

/// The base that `plan` makes of `network`.
///
/// # Errors
/// A tensor that is neither one vector an image nor tokens; a network that ONNX Runtime cannot run, or that gives
/// something other than finite numbers.
pub(super) fn wrap(runtime: &Runtime, network: &Foreign, plan: &Plan) -> Result<Vec<u8>> {
    let path = network.path();
    let tensor = bottleneck(runtime, network, plan)?;
    let usual = tensor.tokens.map(|tokens| tokens.usual());
    let plan = &Plan {
        pool: plan.pool.or(usual),
        ..plan.clone()
    };
    let size = network.size(plan.size)? as usize;
    // A network that was written for one image may have that number anywhere within. Whether it has, running shows.
    let single = network.base(&tensor, false, plan)?;
    let one = run(runtime, path, &single, 1, size)?;
    let finite = one
        .first()
        .is_some_and(|output| output.values.iter().all(|v| v.is_finite()));
    if !finite {
        return Err(Error::Weights {
            path: path.to_path_buf(),
            reason: format!("'{}' is not finite for an image of noise", tensor.name),
        });
    }
    let batched = network.base(&tensor, true, plan)?;
    match run(runtime, path, &batched, 2, size) {
        Ok(two) if agree(&one, &two, tensor.values) => Ok(batched),
        _ => Ok(single),
    }
}

/// The tensor that `plan` cuts `network` at. A network that has no classifier to walk back from may give tokens itself.
fn bottleneck(runtime: &Runtime, network: &Foreign, plan: &Plan) -> Result<Candidate> {
    let walked = network.tensor(&plan.cut);
    let own = match plan.cut {
        Cut::Pooled => network.outputs(),
        Cut::Logits | Cut::Named(_) => Vec::new(),
    };
    let other = own
        .iter()
        .filter(|name| walked.as_ref().ok() != Some(*name));
    let names: Vec<String> = walked.iter().chain(other).cloned().collect();
    let shapes = match names.as_slice() {
        [] => Vec::new(),
        names => probe(runtime, network, names, plan)?,
    };
    let mut found = names.iter().zip(&shapes);
    let candidate = match &walked {
        Ok(name) => {
            let shape = found.next().map_or(&[][..], |(_, shape)| shape);
            as_vector(name, shape).or_else(|| match plan.cut {
                Cut::Named(_) => as_tokens(network, name, shape, plan),
                Cut::Pooled | Cut::Logits => None,
            })
        }
        Err(_) => None,
    };
    let mut given = found.filter_map(|(name, shape)| as_tokens(network, name, shape, plan));
    let Some(candidate) = candidate.or_else(|| given.next()) else {
        let name = walked?;
        let shape = shapes.first().map_or(&[][..], Vec::as_slice);
        return Err(refused(
            network,
            format!(
                "'{name}' has the shape {shape:?}, and a bottleneck is one vector an image, or tokens [N, T, D] that \
                 --pool makes one of; `hd-fetch base --from FILE --list` shows the tensors that can be taken, and \
                 --output names one"
            ),
        ));
    };
    check_pool(network, &candidate, plan)?;
    Ok(candidate)
}

/// Errors where the tokens cannot be pooled as `plan` wants it.
fn check_pool(network: &Foreign, candidate: &Candidate, plan: &Plan) -> Result<()> {
    let name = &candidate.name;
    let reason = match (plan.pool, candidate.tokens) {
        (Some(_), None) => format!(
            "'{name}' is one vector an image already, and --pool is for tokens [N, T, D]; leave it away, or name \
             the tokens with --output"
        ),
        (
            Some(TokenPool::ClassToken),
            Some(Tokens {
                count,
                before: Some(0),
            }),
        ) => format!(
            "the {count} tokens of '{name}' all stand for patches of the image, and none for its class; take \
             --pool mean"
        ),
        _ => return Ok(()),
    };
    Err(refused(network, reason))
}

fn refused(network: &Foreign, reason: String) -> Error {
    Error::Weights {
        path: network.path().to_path_buf(),
        reason,
    }
}

fn as_vector(name: &str, shape: &[i64]) -> Option<Candidate> {
    Some(Candidate {
        name: name.to_owned(),
        values: vector(shape, 1)?,
        tokens: None,
    })
}

fn as_tokens(network: &Foreign, name: &str, shape: &[i64], plan: &Plan) -> Option<Candidate> {
    let (count, values) = tokens(shape)?;
    let size = network.size(plan.size).ok()?;
    Some(Candidate {
        name: name.to_owned(),
        values,
        tokens: Some(network.tokens(count, size)),
    })
}

/// One output of a network for some images.
struct Output {
    shape: Vec<i64>,
    /// None where it is not float32.
    values: Vec<f32>,
}

/// Whether the first of two images gave what it gave alone.
fn agree(one: &[Output], two: &[Output], values: usize) -> bool {
    let (Some(one), Some(two)) = (one.first(), two.first()) else {
        return false;
    };
    let largest = one
        .values
        .iter()
        .fold(f32::MIN_POSITIVE, |largest, v| largest.max(v.abs()));
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= SAME * largest;
    two.shape == [2, values as i64] && one.values.iter().zip(&two.values).all(near)
}

/// The values an image, if a tensor is one vector for each of `count` images.
fn vector(shape: &[i64], count: i64) -> Option<usize> {
    match *shape {
        [n, values] | [n, values, 1, 1] if n == count && values > 1 => usize::try_from(values).ok(),
        _ => None,
    }
}

/// How many tokens there are and the values of each, if a tensor is tokens of one image.
fn tokens(shape: &[i64]) -> Option<(usize, usize)> {
    match *shape {
        [1, count, values] if count > 0 && values > 1 => {
            Some((usize::try_from(count).ok()?, usize::try_from(values).ok()?))
        }
        _ => None,
    }
}

/// The shapes of `tensors` for one image; that of a tensor which is not float32 is empty.
fn probe(
    runtime: &Runtime,
    network: &Foreign,
    tensors: &[String],
    plan: &Plan,
) -> Result<Vec<Vec<i64>>> {
    let bytes = network.probe(tensors, plan)?;
    let size = network.size(plan.size)? as usize;
    let outputs = run(runtime, network.path(), &bytes, 1, size)?;
    Ok(outputs.into_iter().map(|output| output.shape).collect())
}

/// Runs the network in `bytes` on `count` images of noise.
fn run(
    runtime: &Runtime,
    path: &Path,
    bytes: &[u8],
    count: usize,
    size: usize,
) -> Result<Vec<Output>> {
    // Neighbours that differ, and the first as it is alone.
    let noise = |i: usize| (i.wrapping_mul(2_654_435_761) >> 11) as u8;
    let pixels: Vec<u8> = (0..count * size * size * 3).map(noise).collect();
    infer(runtime, bytes, ([count, size, size, 3], &pixels)).map_err(|error| Error::Runtime {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })
}

fn infer(runtime: &Runtime, bytes: &[u8], input: ([usize; 4], &[u8])) -> ort::Result<Vec<Output>> {
    let mut session = Session::builder(&runtime.environment)?
        .with_optimization_level(GraphOptimizationLevel::Level1)?
        .with_intra_threads(1)?
        // What fails is an answer here, and no message.
        .with_log_level(LogLevel::Fatal)?
        .commit_from_memory(bytes)?;
    let names: Vec<String> = session
        .outputs()
        .iter()
        .map(|output| output.name().to_owned())
        .collect();
    let outputs = session.run(ort::inputs![TensorRef::from_array_view(input)?])?;
    let output = |name: &String| {
        let tensor = outputs
            .get(name.as_str())?
            .try_extract_tensor::<f32>()
            .ok()?;
        Some(Output {
            shape: tensor.0.to_vec(),
            values: tensor.1.to_vec(),
        })
    };
    let none = || Output {
        shape: Vec::new(),
        values: Vec::new(),
    };
    Ok(names
        .iter()
        .map(|name| output(name).unwrap_or_else(none))
        .collect())
}
