//! SHA-256 digests as people write them: 64 hexadecimal digits.

use std::fs::File;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::transfer::pour;

/// The digest of a file's content.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let absorb = |bytes: &[u8]| {
        hasher.update(bytes);
        Ok(())
    };
    pour(File::open(path)?, absorb, |_, error| error)?;
    Ok(hex(hasher))
}

/// The digest in lower-case hexadecimal.
pub(crate) fn hex(hasher: Sha256) -> String {
    let bytes = hasher.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_digest_of_the_standard_example() {
        // FIPS 180-4, the one-block example "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(Sha256::new_with_prefix(b"abc")), expected);
    }
}
