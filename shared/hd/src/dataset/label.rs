//! Labels, and the names of the folders that give them.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use unicode_normalization::UnicodeNormalization;

/// The label of the folder `name`.
pub fn label_of(name: &OsStr) -> String {
    normal(&name.to_string_lossy()).replace(['_', '-'], " ")
}

/// The name of the folder above an image that gives it this label, if one does. The names of labels'
/// folders can be printed.
pub(crate) fn folder_in<'a>(path: &'a Path, label: &str) -> Option<Cow<'a, str>> {
    let above = path.parent()?;
    let mut folders = above.iter().filter(|name| label_of(name) == label);
    folders.next_back().map(OsStr::to_string_lossy)
}

/// What two labels that people would take for one have in common.
pub(super) fn looks(label: &str) -> String {
    label.to_lowercase().replace(['_', '-'], " ")
}

/// A label in its normal form, NFC: one letter with an accent may be kept as one character or as
/// two, and looks the same.
pub(super) fn normal(label: &str) -> String {
    label.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_label_is_the_nearest_above_the_image_with_its_name() {
        let found = |path: &'static str| folder_in(Path::new(path), "hot dog");
        assert_eq!(found("hot_dog/a.jpg").as_deref(), Some("hot_dog"));
        assert_eq!(
            found("train/hot-dog/2019/a.jpg").as_deref(),
            Some("hot-dog")
        );
        assert_eq!(found("hot-dog/hot_dog/a.jpg").as_deref(), Some("hot_dog"));
        // The label came from a list, and a file's name gives none.
        assert_eq!(found("photos/hot_dog"), None);
    }
}
