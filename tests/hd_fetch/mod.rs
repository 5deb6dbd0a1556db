//! Tests of hd-fetch, by feature. None of them asks the network for more than the suite keeps in its cache.

mod base;
mod drawings;
mod images;
mod kept;
mod list;
mod runtime;
mod together;
mod too_long;

use std::io::{Cursor, Write};
use std::path::PathBuf;

use crate::serving::serve;
use crate::workdir::{Call, Workdir, base, cached};

/// hd-fetch in a world where no address can be reached: every connection goes to a proxy that is not there.
fn cut_off(dir: &Workdir) -> Call {
    let mut call = dir.program("hd-fetch");
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        let dead = if name == "NO_PROXY" {
            ""
        } else {
            "http://127.0.0.1:9"
        };
        call = call.env(name, dead).env(&name.to_lowercase(), dead);
    }
    call.env("XDG_CACHE_HOME", dir.path("cache"))
}

/// A zip archive with these files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The archive that the first mirror of the hot dogs serves, on a small scale.
fn hotdog_zip() -> Vec<u8> {
    zip(&[
        ("hotdog-not-hotdog-dataset-3535/README.md", b"about"),
        ("hotdog-not-hotdog-dataset-3535/train/hot_dog/1.jpg", b"one"),
        (
            "hotdog-not-hotdog-dataset-3535/train/not_hot_dog/2.jpg",
            b"two",
        ),
        (
            "hotdog-not-hotdog-dataset-3535/test/hot_dog/3.jpg",
            b"three",
        ),
    ])
}

/// The address of a server that has `content` under any name.
fn mirror(content: &[u8]) -> String {
    let content = content.to_vec();
    serve(move |_| Some(("application/octet-stream", content.clone())))
}

fn weights() -> PathBuf {
    base();
    cached("weights/mobilenet_v2-b0353104.pth")
}
