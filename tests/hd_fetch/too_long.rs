//! Downloads that are larger than they may be.

use std::fs;

use super::{cut_off, hotdog_zip, mirror, weights};
use crate::workdir::{ARCHITECTURE, Workdir};

#[test]
fn an_archive_that_is_larger_than_it_may_be_is_refused_and_says_how_to_allow_it() {
    let dir = Workdir::new();
    let archive = hotdog_zip();
    let address = format!("{}/dogs.zip", mirror(&archive));
    let length = archive.len() as u64;
    let fetch = |most: u64| {
        let args = ["images", &address, "-o", "dogs", "--max-size"];
        let call = cut_off(&dir).env("NO_PROXY", "*").args(args);
        call.arg(most.to_string())
    };
    let said = fetch(length - 1).ends_with(1).stderr();
    let refused = format!(
        "dogs.zip: refused, because it has more than {} bytes",
        length - 1
    );
    assert!(
        said.contains(&refused) && said.contains("--max-size N"),
        "{said}"
    );
    assert!(!dir.path("dogs").exists());
    fetch(length).succeeds();
}

#[test]
fn weights_may_have_as_many_bytes_as_the_catalogue_says() {
    let dir = Workdir::new();
    let mut longer = fs::read(weights()).unwrap();
    let length = longer.len();
    longer.push(0);
    let address = mirror(&longer);
    let fetch = |more: &[&str]| {
        let args = ["base", ARCHITECTURE, "--mirror", &address];
        let call = cut_off(&dir).env("NO_PROXY", "*").args(args).args(more);
        call.ends_with(1).stderr()
    };
    let said = fetch(&[]);
    let refused = format!(
        "refused, because it has more than {:.1} MB",
        length as f64 / 1e6
    );
    assert!(said.contains(&refused), "{said}");
    // What is allowed is brought, and is then not what was published.
    let said = fetch(&["--max-size", "20000000"]);
    assert!(said.contains("sha-256 is"), "{said}");
    assert_eq!(
        fs::read_dir(dir.path("cache/hd/weights")).unwrap().count(),
        0
    );
}
