//! The members of a tar that belong together, as WebDataset has it: those whose names are the same up to
//! the first dot behind the last slash. One of them is the image, and another may say its label.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::walk::{is_ignored, is_named_like_an_image};
use crate::tar::Member;

/// Members with one stem.
#[derive(Debug, Default)]
pub(super) struct Stem<'a> {
    /// The images, of which there is one where the tar was written as WebDataset wants it.
    pub(super) images: Vec<&'a Member>,
    /// The member `STEM.cls`.
    pub(super) cls: Option<&'a Member>,
    /// The member `STEM.json`.
    pub(super) json: Option<&'a Member>,
}

/// The members by their stems. What is no part of any data set is passed over.
pub(super) fn stems(members: &[Member]) -> Vec<Stem<'_>> {
    let mut members: Vec<&Member> = members
        .iter()
        .filter(|member| !is_litter(&member.name))
        .collect();
    members.sort_by_key(|member| parts(&member.name).0);
    let belong = |a: &&Member, b: &&Member| parts(&a.name).0 == parts(&b.name).0;
    members.chunk_by(belong).map(stem).collect()
}

fn stem<'a>(members: &[&'a Member]) -> Stem<'a> {
    let mut stem = Stem::default();
    let mut others = Vec::new();
    for member in members.iter().copied() {
        match parts(&member.name).1.to_ascii_lowercase().as_slice() {
            b"cls" => stem.cls = Some(member),
            b"json" => stem.json = Some(member),
            // Captions, and nothing that says what is in an image in a word.
            b"txt" => {}
            _ if is_named_like_an_image(&member.name) => stem.images.push(member),
            _ => others.push(member),
        }
    }
    // With a label beside it STEM.jpg is the image, and STEM.mask.png is something about it.
    let is_plain = |member: &&Member| !parts(&member.name).1.contains(&b'.');
    if (stem.cls.is_some() || stem.json.is_some()) && stem.images.iter().any(is_plain) {
        stem.images.retain(|member| is_plain(member));
    }
    // As in a folder, an image is known by its content where its name does not say so.
    if stem.images.is_empty() {
        stem.images = others;
    }
    stem
}

/// Whether any part of the name is that of what systems and file managers leave behind.
pub(super) fn is_litter(name: &Path) -> bool {
    name.iter().any(|part| part != ".." && is_ignored(part))
}

/// The stem of a name, and what follows behind the dot. A name without a dot has no other with its stem.
fn parts(name: &Path) -> (&[u8], &[u8]) {
    let name = name.as_os_str().as_bytes();
    let file = name
        .iter()
        .rposition(|byte| *byte == b'/')
        .map_or(0, |slash| slash + 1);
    let dot = name.iter().skip(file).position(|byte| *byte == b'.');
    match dot.and_then(|dot| Some((name.get(..file + dot)?, name.get(file + dot + 1..)?))) {
        Some(parts) => parts,
        None => (name, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The images of each stem, and whether it has a label.
    fn found(names: &[&str]) -> Vec<(Vec<String>, bool)> {
        let members: Vec<Member> = names.iter().map(|name| Member::named(name)).collect();
        let shown = |member: &Member| member.name.display().to_string();
        stems(&members)
            .into_iter()
            .map(|stem| {
                let images = stem.images.iter().map(|member| shown(member));
                (images.collect(), stem.cls.is_some() || stem.json.is_some())
            })
            .collect()
    }

    fn one(image: &str, has_label: bool) -> (Vec<String>, bool) {
        (vec![image.to_owned()], has_label)
    }

    #[test]
    fn what_shares_a_stem_belongs_together() {
        let names = [
            "a/1.jpg",
            "a/1.cls",
            "a/2.JPG",
            "a/2.json",
            "b/1.webp",
            "a/1-b.jpg",
        ];
        let expected = [
            one("a/1.jpg", true),
            one("a/1-b.jpg", false),
            one("a/2.JPG", true),
            one("b/1.webp", false),
        ];
        assert_eq!(found(&names), expected);
    }

    #[test]
    fn a_folder_that_sorts_between_them_does_not_part_them() {
        let expected = [one("a.JPG", true), one("a.b/c.jpg", false)];
        assert_eq!(found(&["a.JPG", "a.b/c.jpg", "a.cls"]), expected);
    }

    #[test]
    fn beside_a_label_one_image_is_the_image() {
        let expected = [one("1.jpg", true)];
        assert_eq!(found(&["1.jpg", "1.mask.png", "1.cls", "1.txt"]), expected);
        // Without one, names may have dots for other reasons.
        let dated = found(&["IMG.2019.jpg", "IMG.2020.jpg"]);
        assert_eq!(dated[0].0, ["IMG.2019.jpg", "IMG.2020.jpg"]);
    }

    #[test]
    fn an_image_need_not_be_called_like_one_and_litter_is_none() {
        assert_eq!(found(&["cat/0001", "cat/0002.bin"]).len(), 2);
        let litter = ["cat/._1.jpg", "__MACOSX/cat/1.jpg", "cat/.DS_Store"];
        assert_eq!(found(&litter), []);
        assert_eq!(found(&["1.txt"]), [(Vec::new(), false)]);
    }
}
