//! The ways in which reading a file of PyTorch can fail.

/// Why a state dict could not be read; the caller adds the path. `at` is a byte offset into the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TorchError {
    /// A zip file without the end of its directory, which is at its end.
    #[error("a zip file without an end; it was cut short")]
    NoEndOfArchive,
    /// The directory of a zip file is not where it should be, or is not like one.
    #[error("at byte {at}: the directory of the zip file is damaged")]
    Directory {
        /// Where the entry is, or where it leads to.
        at: usize,
    },
    /// A member of a zip file is missing.
    #[error("the zip file has no member {name:?}")]
    NoMember {
        /// Its name.
        name: String,
    },
    /// A member of a zip file is compressed.
    #[error("the member {name:?} of the zip file is compressed, which PyTorch never does")]
    CompressedMember {
        /// Its name.
        name: String,
    },
    /// A member of a zip file is not what was written.
    #[error("the member {name:?} of the zip file is damaged: its checksum is another")]
    Checksum {
        /// Its name.
        name: String,
    },
    /// The file holds no dict of tensors by name.
    #[error("at byte {at}: expected tensors by name, found none")]
    NoTensors {
        /// Where the value of the file begins.
        at: usize,
    },
    /// The file does not begin with the pickle of PyTorch's magic number.
    #[error("at byte 0: expected PyTorch's magic number, found other bytes")]
    WrongMagic,
    /// The file's protocol number is not that of the legacy format.
    #[error("at byte {at}: expected protocol 1001, found {found}")]
    WrongProtocol {
        /// Where the number is.
        at: usize,
        /// The number met.
        found: i64,
    },
    /// The file does not say that its numbers are little-endian.
    #[error("at byte {at}: expected little_endian to be true in the system information")]
    NotLittleEndian {
        /// Where the system information is.
        at: usize,
    },
    /// The file ends too early.
    #[error("at byte {at}: expected {needed} more bytes, found {left}")]
    Truncated {
        /// Where the missing part begins.
        at: usize,
        /// The bytes that the part takes, or at least takes.
        needed: usize,
        /// The bytes that are there.
        left: usize,
    },
    /// Bytes follow the last storage.
    #[error("at byte {at}: expected the end of the file, found {count} more bytes")]
    TrailingBytes {
        /// Where the file should have ended.
        at: usize,
        /// How many bytes follow.
        count: usize,
    },
    /// A pickle instruction that no state dict needs.
    #[error("at byte {at}: pickle opcode 0x{opcode:02x} is not one that a state dict needs")]
    UnknownOpcode {
        /// Where the opcode is.
        at: usize,
        /// The opcode met.
        opcode: u8,
    },
    /// A pickle names a Python object that no state dict needs, and that may do harm.
    #[error(
        "at byte {at}: global {name:?} is not one that a state dict needs, and nothing of the file is run; save the \
         network's state_dict() alone"
    )]
    ForbiddenGlobal {
        /// Where the instruction is.
        at: usize,
        /// Module and name, joined by a dot.
        name: String,
    },
    /// A storage of complex or quantised numbers.
    #[error("at byte {at}: expected a storage of floats or integers, found {name:?}")]
    UnsupportedStorage {
        /// Where the type is named.
        at: usize,
        /// Module and name, joined by a dot.
        name: String,
    },
    /// A value of one kind where another is needed.
    #[error("at byte {at}: expected {expected}, found {found}")]
    Unexpected {
        /// Where the value was made or, where there is none, was needed.
        at: usize,
        /// The kind needed.
        expected: &'static str,
        /// The kind met.
        found: &'static str,
    },
    /// An instruction recalls a value that was never put into the memo.
    #[error("at byte {at}: memo entry {index} is recalled but was never stored")]
    UnknownMemo {
        /// Where the instruction is.
        at: usize,
        /// The entry.
        index: u32,
    },
    /// A string is not UTF-8.
    #[error("at byte {at}: expected UTF-8 text, found other bytes")]
    NotText {
        /// Where the string's instruction is.
        at: usize,
    },
    /// A pickle has more instructions than any state dict this reader is meant for.
    #[error("at byte {at}: the pickle has more than {limit} instructions")]
    TooManyInstructions {
        /// Where the first instruction too many is.
        at: usize,
        /// The most that are taken.
        limit: usize,
    },
    /// Two entries of the state dict have the same name.
    #[error("at byte {at}: the name {name:?} is given to two tensors")]
    DuplicateName {
        /// Where the second name is.
        at: usize,
        /// The name.
        name: String,
    },
    /// A tensor has more dimensions than this reader takes.
    #[error("at byte {at}: expected at most {limit} dimensions, found {rank}")]
    TooManyDimensions {
        /// Where the tensor is made.
        at: usize,
        /// Its number of dimensions.
        rank: usize,
        /// The most that are taken.
        limit: usize,
    },
    /// A tensor has more strides than dimensions, or fewer.
    #[error("at byte {at}: expected as many strides as dimensions ({rank}), found {strides}")]
    StrideCount {
        /// Where the tensor is made.
        at: usize,
        /// Its number of dimensions.
        rank: usize,
        /// Its number of strides.
        strides: usize,
    },
    /// A tensor's sizes, or its strides, multiply to more than the machine can count.
    #[error("at byte {at}: the extent of shape {shape:?} overflows")]
    SizeOverflow {
        /// Where the tensor is made.
        at: usize,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A tensor reaches past the end of its storage.
    #[error("at byte {at}: the tensor ends at element {end} of a storage of {count}")]
    OutOfStorage {
        /// Where the tensor is made.
        at: usize,
        /// One past its last element.
        end: usize,
        /// The elements in the storage.
        count: usize,
    },
    /// The tensors repeat the data in the file many times over.
    #[error("at byte {at}: the tensors hold more than {limit} elements, the file's size in bytes")]
    TooManyElements {
        /// Where the tensor that passes the limit is made.
        at: usize,
        /// The most elements that are taken.
        limit: usize,
    },
    /// Two tensors describe the storage that they share differently.
    #[error("at byte {at}: storage {key:?} was given another type or size before")]
    ConflictingStorage {
        /// Where the second description is.
        at: usize,
        /// The storage's key.
        key: String,
    },
    /// The list of storages names one that no tensor uses, or one twice.
    #[error("at byte {at}: storage {key:?} is used by no tensor or listed twice")]
    UnusedStorage {
        /// Where the key is.
        at: usize,
        /// The storage's key.
        key: String,
    },
    /// The list of storages leaves out one that a tensor uses.
    #[error("at byte {at}: storage {key:?} is used by a tensor but not in the file")]
    MissingStorage {
        /// Where the list is.
        at: usize,
        /// The storage's key.
        key: String,
    },
    /// A storage's data have another length than its tensors say.
    #[error("at byte {at}: expected {expected} elements in storage {key:?}, found {found}")]
    StorageLength {
        /// Where the length is.
        at: usize,
        /// The storage's key.
        key: String,
        /// The number of elements that the tensors say.
        expected: usize,
        /// The number that stands before the data.
        found: i64,
    },
}

/// A name from the file for an error: not more of it than a person would read.
pub(super) fn excerpt(name: &str) -> String {
    name.chars().take(80).collect()
}
