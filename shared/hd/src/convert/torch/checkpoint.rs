//! The state dict in what a file holds, which may be more: a checkpoint has an optimizer's state beside it, and the epoch.

use std::collections::BTreeSet;

use super::TorchError;
use super::value::{Global, Pickle, Value, ValueKind};

/// The dict with the most tensors, the first where several have as many: whatever a checkpoint calls it, it is the
/// network's, since the other dicts are lists of settings and the few tensors that an optimizer keeps of each.
pub(super) fn state_dict<'a>(pickle: &Pickle<'a>) -> Result<Value<'a>, TorchError> {
    let all = std::iter::once(&pickle.top).chain(pickle.lists.iter().flatten());
    let mut seen = BTreeSet::new();
    let mut best = (0, None);
    for value in all {
        let ValueKind::Dict(list) = value.kind else {
            continue;
        };
        if seen.insert(list) {
            let pairs = pickle.pairs(value)?.iter();
            let tensors = pairs.filter(|pair| is_named_tensor(pair)).count();
            if tensors > best.0 {
                best = (tensors, Some(*value));
            }
        }
    }
    let at = pickle.top.at;
    match best.1 {
        Some(dict) => Ok(dict),
        // What is no dict at all is said to be so.
        None => pickle
            .pairs(&pickle.top)
            .and(Err(TorchError::NoTensors { at })),
    }
}

/// Whether an entry of a dict is a tensor with a name.
pub(super) fn is_named_tensor([key, value]: &[Value<'_>; 2]) -> bool {
    let is_tensor = matches!(
        value.kind,
        ValueKind::Call(Global::RebuildTensor | Global::RebuildParameter, _)
    );
    is_tensor && matches!(key.kind, ValueKind::Text(_))
}
