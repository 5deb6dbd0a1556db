//! Builds small legacy files for the tests.

use super::MAGIC;

/// A tensor of a state dict as the file describes it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) storage: &'static str,
    pub(super) key: &'static str,
    pub(super) count: i32,
    pub(super) offset: i32,
    pub(super) shape: Vec<i32>,
    pub(super) strides: Vec<i32>,
}

/// A float tensor that takes all of a storage of the same name in row-major order.
pub(super) fn float(name: &'static str, shape: &[i32]) -> Entry {
    let after = |index| shape[index + 1..].iter().product();
    Entry {
        name,
        storage: "FloatStorage",
        key: name,
        count: shape.iter().product(),
        offset: 0,
        shape: shape.to_vec(),
        strides: (0..shape.len()).map(after).collect(),
    }
}

/// A file with the two tensors `weight` (2 x 3: 0, 1, 2, ...) and `steps` (an int64 scalar).
pub(super) fn file() -> Vec<u8> {
    let steps = Entry {
        storage: "LongStorage",
        ..float("steps", &[])
    };
    let storages = [
        floats("weight", 6),
        storage("steps", 1, &7_i64.to_le_bytes()),
    ];
    legacy(&[float("weight", &[2, 3]), steps], &storages)
}

/// A file with these tensors and these storages, given by key and bytes with the count in front.
pub(super) fn legacy(entries: &[Entry], storages: &[(&'static str, Vec<u8>)]) -> Vec<u8> {
    with_state(&state(entries), storages)
}

/// A file whose state dict is the body of a pickle.
pub(super) fn with_state(state: &[u8], storages: &[(&'static str, Vec<u8>)]) -> Vec<u8> {
    let keys: Vec<u8> = storages.iter().flat_map(|(key, _)| text(key)).collect();
    let keys = [&b"]("[..], &keys, b"e"].concat();
    let mut file = [header(), pickle(state), pickle(&keys)].concat();
    storages.iter().for_each(|(_, bytes)| file.extend(bytes));
    file
}

/// The three pickles before the state dict.
pub(super) fn header() -> Vec<u8> {
    let system = [&b"}("[..], &text("little_endian"), b"\x88u"].concat();
    [MAGIC.to_vec(), pickle(&int(1001)), pickle(&system)].concat()
}

/// A pickle with this body.
pub(super) fn pickle(body: &[u8]) -> Vec<u8> {
    [&b"\x80\x02"[..], body, b"."].concat()
}

/// A storage of the floats 0, 1, 2, ...
pub(super) fn floats(key: &'static str, count: u8) -> (&'static str, Vec<u8>) {
    let data: Vec<u8> = (0..count)
        .flat_map(|value| f32::from(value).to_le_bytes())
        .collect();
    storage(key, count.into(), &data)
}

/// A storage that says it has `count` elements.
pub(super) fn storage(key: &'static str, count: i64, data: &[u8]) -> (&'static str, Vec<u8>) {
    (key, [&count.to_le_bytes(), data].concat())
}

/// The body of a state dict, with `_metadata`.
pub(super) fn state(entries: &[Entry]) -> Vec<u8> {
    let dict = b"ccollections\nOrderedDict\nq\x00)R";
    let entries: Vec<u8> = entries.iter().flat_map(named).collect();
    let metadata = [&b"}"[..], &text("_metadata"), b"h\x00)Rsb"].concat();
    [dict, &b"("[..], &entries, b"u", &metadata].concat()
}

fn named(entry: &Entry) -> Vec<u8> {
    [text(entry.name), tensor(entry)].concat()
}

/// The instructions for a tensor; entry 0 of the memo must be `OrderedDict`.
pub(super) fn tensor(entry: &Entry) -> Vec<u8> {
    let global = b"ctorch._utils\n_rebuild_tensor_v2\n((";
    let kind = format!("ctorch\n{}\n", entry.storage).into_bytes();
    let id = [
        text("storage"),
        kind,
        text(entry.key),
        text("cpu"),
        int(entry.count),
    ]
    .concat();
    let view = [
        int(entry.offset),
        counts(&entry.shape),
        counts(&entry.strides),
    ]
    .concat();
    [&global[..], &id, b"NtQ", &view, b"\x89h\x00)RtR"].concat()
}

/// The instruction for a string.
pub(super) fn text(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    [b"X", &length[..], text.as_bytes()].concat()
}

fn int(number: i32) -> Vec<u8> {
    [b"J", &number.to_le_bytes()[..]].concat()
}

fn counts(counts: &[i32]) -> Vec<u8> {
    let counts: Vec<u8> = counts.iter().copied().flat_map(int).collect();
    [b"(", &counts[..], b"t"].concat()
}
