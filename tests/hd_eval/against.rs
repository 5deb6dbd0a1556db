use std::fs;

use serde_json::Value;

use super::eval;
use crate::workdir::Workdir;

fn against(dir: &Workdir, name: &str) -> Value {
    let text = fs::read_to_string(dir.path(name)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["against"].clone()
}

#[test]
fn a_head_against_itself_changes_nothing() {
    let dir = Workdir::new();
    dir.trained();
    let run = eval(&dir, &["--against", "out/head.bin", "--metrics", "m.json"]);
    let against = against(&dir, "m.json");
    assert_eq!(against["changed"], serde_json::json!([]));
    assert_eq!(
        (&against["mcnemar_p"], &against["learned"]),
        (&1.0.into(), &0.into())
    );
    assert!(
        run.stdout().contains("McNemar's exact test, p = 1.000"),
        "{}",
        run.stdout()
    );
    let alone = eval(&dir, &["--metrics", "alone.json"]);
    assert!(self::against(&dir, "alone.json").is_null() && !alone.stdout().contains("McNemar"));
}

#[test]
fn two_heads_are_compared_on_the_same_images() {
    let dir = Workdir::new();
    dir.trained();
    // A head that has learned next to nothing, with the images divided otherwise.
    fs::rename(dir.path("out/head.bin"), dir.path("good.bin")).unwrap();
    dir.train()
        .args(["--how-many-training-steps", "1", "--learning-rate", "1e-6"])
        .args(["--seed", "4"])
        .succeeds();
    let call = dir
        .program("hd-eval")
        .args(["good.bin", "out/bottlenecks.bin"]);
    let run = call
        .args(["--against", "out/head.bin", "--metrics", "m.json"])
        .succeeds();
    let metrics: Value =
        serde_json::from_str(&fs::read_to_string(dir.path("m.json")).unwrap()).unwrap();
    let against = &metrics["against"];
    let count = |key: &str| against[key].as_u64().unwrap();
    let right =
        (metrics["accuracy"].as_f64().unwrap() * metrics["n"].as_f64().unwrap()).round() as u64;
    assert_eq!(
        right - count("only_this_right") + count("only_other_right"),
        count("right")
    );
    // With two labels an image that only one is right about is one that they answer differently.
    let changed = against["changed"].as_array().unwrap();
    assert_eq!(
        changed.len() as u64,
        count("only_this_right") + count("only_other_right")
    );
    assert_eq!(changed.len() as u64, count("different"));
    assert!(!changed.is_empty() && changed.iter().all(|one| one["answer"] != one["other"]));
    assert!(count("learned") > 0);
    let stdout = run.stdout();
    assert!(
        stdout.contains("The other head has learned from"),
        "{stdout}"
    );
    assert!(
        stdout.contains(changed[0]["path"].as_str().unwrap()),
        "{stdout}"
    );
    let described = dir
        .program("hd-eval")
        .args(["--describe", "m.json"])
        .succeeds();
    assert_eq!(described.stdout(), stdout);
}

#[test]
fn a_head_of_another_base_or_of_other_labels_is_refused() {
    let dir = Workdir::new();
    dir.trained();
    fs::rename(dir.path("out/head.bin"), dir.path("good.bin")).unwrap();
    dir.images("images", 12);
    fs::rename(dir.path("images/hot_dog"), dir.path("images/sausage")).unwrap();
    fs::rename(dir.path("out/bottlenecks.bin"), dir.path("b.bin")).unwrap();
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
    let call = dir
        .program("hd-eval")
        .args(["good.bin", "b.bin", "--against", "out/head.bin"]);
    insta::assert_snapshot!("against_other_labels", call.ends_with(1).message());
}
