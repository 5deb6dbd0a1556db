//! Where heads and graphs are written, and under which names.

use std::fs;

use crate::workdir::Workdir;

#[test]
fn an_output_that_would_destroy_an_input_or_another_output_is_refused() {
    let dir = Workdir::new();
    dir.trained();
    let before = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    let head = |path: &str, more: &[&str]| {
        let call = dir
            .program("hd-train")
            .args(["out/bottlenecks.bin", "--head", path])
            .args(more);
        call.ends_with(2).message()
    };
    insta::assert_snapshot!(
        "an_output_that_is_an_input",
        head("out/bottlenecks.bin", &[])
    );
    insta::assert_snapshot!(
        "two_outputs_in_one",
        head("new", &["--output-labels", "./new"])
    );
    assert!(before == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn nothing_that_is_read_is_in_the_way_of_what_is_written() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    let weights = dir.write("weights.tsv", "hot dog\t1\nnot hot dog\t2\n");
    let base = dir.path("out/intermediate_5.onnx");
    fs::copy(crate::workdir::base(), &base).unwrap();
    let before = fs::read(&base).unwrap();
    let refused = |flags: &[&str]| {
        let call = dir.program("hd-train").arg("out/bottlenecks.bin");
        call.args(flags).ends_with(2).message()
    };
    let head = ["--head", "h.bin"];
    let messages = [
        refused(&["--head", "weights.tsv", "--class-weights", "weights.tsv"]),
        refused(&["--head", "images"]),
        refused(&[&head[..], &["--summaries-dir", "s", "--images", "nowhere"]].concat()),
        refused(
            &[
                &head[..],
                &["--summaries-dir", "images/s", "--images", "images"],
            ]
            .concat(),
        ),
        refused(&[&head[..], &["--summaries-dir", "weights.tsv"]].concat()),
        refused(
            &[
                &head[..],
                &[
                    "--base",
                    "out/intermediate_5.onnx",
                    "--intermediate-store-frequency",
                    "5",
                ],
                &["--intermediate-output-graphs-dir", "out"],
            ]
            .concat(),
        ),
        refused(
            &[
                &head[..],
                &[
                    "--base",
                    "out/intermediate_5.onnx",
                    "--final-tensor-name",
                    " ",
                ],
            ]
            .concat(),
        ),
        refused(&[&head[..], &["--seed", "-1"]].concat()),
    ];
    insta::assert_snapshot!("paths_in_each_others_way", messages.concat());
    assert!(fs::read(&base).unwrap() == before);
    assert!(fs::read_to_string(weights).unwrap().starts_with("hot dog"));
    assert!(!dir.path("h.bin").exists() && !dir.path("s").exists());
}

#[test]
fn outputs_can_be_devices() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .train()
        .args(["--output-labels", "/dev/stdout"])
        .ends_with(2);
    assert!(
        run.stderr().contains("cannot be used multiple times"),
        "{}",
        run.stderr()
    );
    let args = [
        "out/bottlenecks.bin",
        "--head",
        "/dev/null",
        "--output-labels",
        "/dev/stdout",
    ];
    assert_eq!(
        dir.program("hd-train").args(args).succeeds().stdout(),
        "hot dog\nnot hot dog\n"
    );
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_that_names_it() {
    let dir = Workdir::new();
    dir.trained();
    dir.write("file", "in the way");
    let message = dir
        .program("hd-train")
        .args(["out/bottlenecks.bin", "--head", "file/head.bin"])
        .ends_with(1)
        .message();
    assert!(
        message.contains("hd-train: file: cannot create the folder: "),
        "{message}"
    );
}

#[test]
fn the_probabilities_have_the_name_that_was_asked_for() {
    let dir = Workdir::new();
    dir.trained();
    dir.train()
        .args(["--final_tensor_name=hot_or_not"])
        .succeeds();
    let describe = ["--describe", "out/retrained_graph.onnx"];
    let text = dir.program("hd-train").args(describe).succeeds().stdout();
    assert!(text.contains("probabilities\thot_or_not\n"), "{text}");
    let image = crate::workdir::drawings().join("hot_dog/0000.jpg");
    let label = ["--graph", "out/retrained_graph.onnx"];
    let said = dir.program("hd-label").args(label).arg(image).succeeds();
    assert!(said.stdout().contains("hot dog\t"), "{}", said.stdout());
    for taken in ["bottleneck", "image", "final_training_ops/weights"] {
        let run = dir
            .train()
            .args(["--final-tensor-name", taken])
            .ends_with(1);
        assert!(
            run.stderr().contains("cannot be called"),
            "{}",
            run.stderr()
        );
    }
}

#[test]
fn networks_on_the_way_are_written_every_so_many_steps() {
    let dir = Workdir::new();
    dir.trained();
    let flags = [
        "--intermediate_store_frequency=10",
        "--intermediate_output_graphs_dir=on/the/way",
        "--how_many_training_steps=25",
    ];
    dir.train().args(flags).succeeds();
    let mut files: Vec<String> = fs::read_dir(dir.path("on/the/way"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["intermediate_10.onnx", "intermediate_20.onnx"]);
    let image = crate::workdir::drawings().join("hot_dog/0000.jpg");
    let graph = ["--graph", "on/the/way/intermediate_10.onnx"];
    dir.program("hd-label").args(graph).arg(image).succeeds();
    dir.train().args(&flags[..1]).ends_with(2);
}
