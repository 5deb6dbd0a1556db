//! Names of entries: from text that anyone may have written to a path below a folder.

use std::path::{Component, Path, PathBuf};

/// The relative path that an entry's name stands for; it is empty for the archive's root, `./`.
/// The error says what is wrong with the name.
pub(super) fn sanitise(name: &str) -> Result<PathBuf, &'static str> {
    if name.is_empty() {
        return Err("it has no name");
    }
    if name.contains('\0') {
        return Err("its name has a NUL");
    }
    // On Windows these would be separators; elsewhere they serve to look like something else.
    if name.contains('\\') {
        return Err("its name has a backslash");
    }
    if name.starts_with('/') {
        return Err("its name is absolute");
    }
    let mut path = PathBuf::new();
    for part in name.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            return Err("its name has a `..`");
        }
        if has_drive(part) {
            return Err("its name has a drive letter");
        }
        path.push(part);
    }
    Ok(path)
}

/// Whether a path, such as one that the caller made, stays below its folder.
pub(super) fn stays_below(path: &Path) -> bool {
    let mut parts = path.components();
    parts.all(|part| matches!(part, Component::Normal(_))) && path.file_name().is_some()
}

/// `C:` at the beginning is a drive on Windows, and there any colon leads to a hidden stream.
fn has_drive(part: &str) -> bool {
    let mut letters = part.chars();
    let drive = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.next() == Some(':');
    drive || (cfg!(windows) && part.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_plain_name_and_drops_dots() {
        for name in ["a/b.jpg", "./a/b.jpg", "a/./b.jpg", "a//b.jpg", "a/b.jpg/"] {
            assert_eq!(sanitise(name), Ok(PathBuf::from("a/b.jpg")), "{name}");
        }
        assert_eq!(sanitise("./"), Ok(PathBuf::new()));
        assert_eq!(sanitise("a/..b/c.."), Ok(PathBuf::from("a/..b/c..")));
        assert_eq!(sanitise("__MACOSX/._a"), Ok(PathBuf::from("__MACOSX/._a")));
        assert_eq!(
            sanitise("Würste/ホット.jpg"),
            Ok(PathBuf::from("Würste/ホット.jpg"))
        );
    }

    #[test]
    fn refuses_every_way_out_of_the_folder() {
        let names = [
            "",
            "/etc/passwd",
            "//host/share",
            "..",
            "../a",
            "a/../b",
            "a/..",
            "a\0b",
            "..\\a",
            "a\\b",
            "\\\\host\\share",
            "C:/a",
            "c:a",
            "a/C:/b",
        ];
        for name in names {
            assert!(sanitise(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn knows_which_paths_stay_below() {
        assert!(stays_below(Path::new("a/b")));
        for path in ["", "/a", "../a", "a/../../b", "."] {
            assert!(!stays_below(Path::new(path)), "{path}");
        }
    }
}
