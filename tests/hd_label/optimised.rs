//! Optimised networks in the cache.

use std::fs;
use std::path::{Path, PathBuf};

use hd::digest::Digest;

use super::label;
use crate::workdir::{Workdir, runtime};

/// The optimised networks that are kept in a cache folder, all of them whole: what they are of, and the files.
fn optimised(cache: &Path) -> Vec<(String, PathBuf)> {
    let there = fs::read_dir(cache.join("hd/optimised")).unwrap();
    let there = there.map(|entry| {
        let path = entry.unwrap().path();
        let (of, content) = path
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .split_once('-')
            .unwrap();
        assert_eq!(Digest::of(&fs::read(&path).unwrap()).to_string(), content);
        (of.to_owned(), path.clone())
    });
    there.collect()
}

#[test]
fn an_optimised_network_is_kept_and_made_anew_where_it_is_of_no_use() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 3);
    // Brings ONNX Runtime.
    crate::workdir::base();
    let library = runtime();
    let cache = dir.path("cache");
    let answers = |cache: &Path| {
        let call = label(&dir).args(["--format", "json", "images"]);
        let call = call.env("XDG_CACHE_HOME", cache);
        call.env("ORT_DYLIB_PATH", &library).succeeds().stdout()
    };
    let first = answers(&cache);
    let [(of, mut kept)] = optimised(&cache).try_into().unwrap();
    assert_eq!(answers(&cache), first);
    assert_eq!(optimised(&cache), [(of.clone(), kept.clone())]);
    let damages: [fn(&mut Vec<u8>); 3] = [
        |content| content[1_000_000] ^= 1,
        |content| content.truncate(1_000_000),
        Vec::clear,
    ];
    for damage in damages {
        let mut content = fs::read(&kept).unwrap();
        damage(&mut content);
        fs::write(&kept, content).unwrap();
        assert_eq!(answers(&cache), first);
        let [(anew, file)] = optimised(&cache).try_into().unwrap();
        assert_eq!(anew, of);
        kept = file;
    }
    // Another network has its own.
    dir.program("hd-label")
        .arg("--graph")
        .arg(crate::workdir::base())
        .args(["--embed", "images"])
        .env("XDG_CACHE_HOME", &cache)
        .env("ORT_DYLIB_PATH", &library)
        .succeeds();
    assert_eq!(optimised(&cache).len(), 2);
    // Where nothing can be kept, nothing is.
    let nowhere = dir.path("nowhere");
    dir.write("nowhere/hd/optimised", "a file in the way");
    assert_eq!(answers(&nowhere), first);
}
