//! retrain.py's division: by the SHA-1 of an image's path, as its user spelled it.
//!
//! It is here for comparison. Another spelling of the folder is another division, and byte-equal
//! images can be learned from under one name and tested on under the other.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use sha1::{Digest, Sha1};

/// retrain.py's MAX_NUM_IMAGES_PER_CLASS: positions are whole numbers up to this.
const LARGEST: u32 = (1 << 27) - 1;

/// From here on a path does not count, so that images of one thing can be kept on one side.
const UNHASHED: &[u8] = b"_nohash_";

/// Where the image `path` of the folder that is spelled `prefix` lies between 0 and 100.
pub(super) fn position(prefix: &str, path: &Path) -> f64 {
    let mut spelled = prefix.as_bytes().to_vec();
    if !prefix.is_empty() && !prefix.ends_with('/') {
        spelled.push(b'/');
    }
    spelled.extend(path.as_os_str().as_bytes());
    let end = spelled
        .windows(UNHASHED.len())
        .position(|window| window == UNHASHED);
    let hashed = spelled
        .get(..end.unwrap_or(spelled.len()))
        .unwrap_or_default();
    let hash = Sha1::digest(hashed);
    let last = hash.last_chunk().copied().map_or(0, u32::from_be_bytes);
    f64::from(last & LARGEST) * (100.0 / f64::from(LARGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_retrain_py() {
        // Computed with Python's hashlib by retrain.py's formula.
        let daisy = "daisy/3475870145_685a19116d.jpg";
        for (prefix, path, expected) in [
            ("tf_files/flower_photos", daisy, 81.874051555053),
            ("./tf_files/flower_photos", daisy, 15.558527525950),
            ("/data", "leaf/a_nohash_1.jpg", 26.160817043191),
            ("/data/", "leaf/a_nohash_2.jpg", 26.160817043191),
            ("", "/data/leaf/a_nohash_2.jpg", 26.160817043191),
        ] {
            let found = position(prefix, Path::new(path));
            assert!((found - expected).abs() < 1e-9, "{prefix} {path}: {found}");
        }
    }
}
