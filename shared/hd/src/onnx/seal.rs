//! The digest that a network of hd's carries of itself, so that damage to its weights is an error and no other answer.
//!
//! It is the value of `hd.digest`, which is the last entry of the metadata and the last field of the file: BLAKE3 of all
//! bytes before that field. Protocol buffers allow a repeated field to go on anywhere, so that this entry is one like the
//! others to every other reader. Networks of other people have none, and neither have those of an hd before it.

use prost::Message;

use super::proto::{Model, Property};
use crate::digest::Digest;

/// The key of the digest in the metadata.
pub(crate) const DIGEST: &str = "hd.digest";

/// The words for a network whose content is another than its digest says.
pub(crate) const OTHER_CONTENT: &str = "its content is not what its hd.digest says";

/// How many bytes the digits of a digest take, which are the last ones.
const DIGITS: usize = 64;

/// The file with its digest behind it.
pub(super) fn seal(mut file: Vec<u8>) -> Vec<u8> {
    let entry = entry(&Digest::of(&file));
    file.extend(entry);
    file
}

/// Whether a file ends in a digest of itself.
pub(super) fn is_sealed(file: &[u8]) -> bool {
    split(file).is_some()
}

/// The digest of a file, without the field that holds it where there is one. None if that holds another.
pub(crate) fn digest(file: &[u8]) -> Option<Digest> {
    let Some((content, end)) = split(file) else {
        return Some(Digest::of(file));
    };
    let digest = Digest::of(content);
    (end == entry(&digest)).then_some(digest)
}

/// The content of a file that ends in a digest, and that end.
fn split(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let any = entry(&Digest::from_bytes([0; 32]));
    let (content, end) = file.split_at_checked(file.len().checked_sub(any.len())?)?;
    let before = any.len().checked_sub(DIGITS)?;
    (end.get(..before) == any.get(..before)).then_some((content, end))
}

/// The field that holds a digest. All of them are of one length.
fn entry(digest: &Digest) -> Vec<u8> {
    let property = Property {
        key: DIGEST.to_owned(),
        value: digest.to_string(),
    };
    Model {
        metadata_props: vec![property],
        ..Model::default()
    }
    .encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Vec<u8> {
        Model {
            producer_name: "some bytes".to_owned(),
            functions: vec![vec![7; 300].into()],
            ..Model::default()
        }
        .encode_to_vec()
    }

    #[test]
    fn a_digest_is_an_entry_of_the_metadata_to_every_reader() {
        let sealed = seal(model());
        let read = Model::decode(sealed.as_slice()).unwrap();
        let [entry] = read.metadata_props.as_slice() else {
            panic!("{read:?}");
        };
        assert_eq!(entry.key, DIGEST);
        assert_eq!(entry.value, Digest::of(&model()).to_string());
        assert!(is_sealed(&sealed) && !is_sealed(&model()));
    }

    #[test]
    fn a_network_has_the_same_digest_with_and_without_it_inside() {
        assert_eq!(digest(&seal(model())), digest(&model()));
        assert_eq!(digest(b""), Some(Digest::of(b"")));
    }

    #[test]
    fn no_changed_byte_passes_for_what_was_sealed() {
        let sealed = seal(model());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            // A file whose end is not known as such is whole before that end.
            let whole = changed.starts_with(&model());
            assert!(
                digest(&changed).is_none() || whole && !is_sealed(&changed),
                "{index}"
            );
        }
    }
}
