//! TensorFlow's records: length, checksum of the length, content, checksum of the content
//! (tensorflow/core/lib/io, record_writer.h).

use crc32c::crc32c;
use prost::Message;

/// Appends a record of `message` to `bytes`.
pub(super) fn write(bytes: &mut Vec<u8>, message: &impl Message) {
    let content = message.encode_to_vec();
    let length = (content.len() as u64).to_le_bytes();
    bytes.extend(length);
    bytes.extend(masked(&length).to_le_bytes());
    bytes.extend(&content);
    bytes.extend(masked(&content).to_le_bytes());
}

/// A record of `message`.
pub(super) fn of(message: &impl Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, message);
    bytes
}

/// The checksum, turned and moved on: data that holds checksums would make weak ones.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::*;

    #[test]
    fn a_record_is_what_tensorflow_writes() {
        let mut bytes = Vec::new();
        write(&mut bytes, &Event::version());
        // By TensorFlow's TFRecordWriter, for the same content.
        let theirs = [
            &[15, 0, 0, 0, 0, 0, 0, 0, 109, 83, 43, 9][..],
            b"\x1a\x0dbrain.Event:2",
            &[252, 152, 81, 41],
        ];
        assert_eq!(bytes, theirs.concat());
    }
}
