//! A division into training, validation and testing that tars come with: they lie in folders `train`, `val`
//! and `test`, or have such a word in their names, as `photos-train-000.tar`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::division::split_named;
use crate::split::Split;

/// The split of each tar; none where they are not divided. It follows from the names of all of them, so
/// that each shard of the work finds the same.
///
/// # Errors
/// Tars of which some look like a division and others do not.
pub(super) fn splits(tars: &[PathBuf]) -> Result<Vec<Option<Split>>, String> {
    let splits: Vec<Option<Split>> = tars.iter().map(|tar| split_of(tar)).collect();
    let distinct: BTreeSet<Split> = splits.iter().copied().flatten().collect();
    if distinct.len() < 2 {
        return Ok(vec![None; tars.len()]);
    }
    let of = |wanted: &dyn Fn(&Option<Split>) -> bool| {
        let found = tars.iter().zip(&splits).find(|(_, split)| wanted(split));
        found.map_or(String::new(), |(tar, _)| tar.display().to_string())
    };
    if splits.contains(&None) {
        return Err(format!(
            "its tars look like a division of the images, such as {}, but for {}: give it the name of a split too, or \
             move it elsewhere",
            of(&Option::is_some),
            of(&Option::is_none)
        ));
    }
    match distinct.contains(&Split::Training) {
        true => Ok(splits),
        false => Err(format!(
            "its tars look like a division of the images, such as {}, and none is called train",
            of(&Option::is_some)
        )),
    }
}

/// The split that a folder above a tar stands for, the nearest, or else a word in its name.
fn split_of(tar: &Path) -> Option<Split> {
    let mut folders = tar.parent()?.iter().rev();
    let name = tar.file_stem()?.to_str()?;
    let words = name.split(|sign: char| !sign.is_alphanumeric());
    let mut words = words.filter_map(|word| split_named(OsStr::new(word)));
    folders.find_map(split_named).or_else(|| words.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tars: &[&str]) -> Result<Vec<Option<Split>>, String> {
        let tars: Vec<PathBuf> = tars.iter().map(PathBuf::from).collect();
        splits(&tars)
    }

    #[test]
    fn folders_and_words_in_names_divide() {
        let expected = [Some(Split::Testing), Some(Split::Training)];
        assert_eq!(of(&["test/0.tar", "train/0.tar"]).unwrap(), expected);
        assert_eq!(of(&["x-test-0.tar", "x-train-0.tar"]).unwrap(), expected);
        assert_eq!(
            of(&["test/train_0.tar", "train/a/0.tar"]).unwrap(),
            expected
        );
    }

    #[test]
    fn what_says_nothing_or_one_thing_does_not_divide() {
        for tars in [
            ["0.tar", "1.tar"],
            ["train-0.tar", "train-1.tar"],
            ["crash-test.tar", "trainer.tar"],
        ] {
            assert_eq!(of(&tars).unwrap(), [None, None]);
        }
    }

    #[test]
    fn half_a_division_is_refused() {
        let reason = of(&["more.tar", "test.tar", "train.tar"]).unwrap_err();
        assert!(
            reason.contains("such as test.tar, but for more.tar"),
            "{reason}"
        );
        let reason = of(&["test.tar", "val.tar"]).unwrap_err();
        assert!(reason.ends_with("and none is called train"), "{reason}");
    }
}
