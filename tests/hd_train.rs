use std::fs;

use crate::workdir::{Workdir, base, trained};

#[test]
fn writes_the_head_the_graph_and_the_labels() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir.train().succeeds();
    assert!(
        run.stderr().contains("cross-validated accuracy"),
        "{}",
        run.stderr()
    );
    assert_eq!(
        fs::read_to_string(dir.path("out/retrained_labels.txt")).unwrap(),
        "hot dog\nnot hot dog\n"
    );
    let text = dir
        .program("hd-train")
        .args(["--describe", "out/head.bin"])
        .succeeds()
        .stdout();
    for line in [
        "labels\thot dog\tnot hot dog\n",
        "weights\t2 x 1280\n",
        "testing percentage\t15\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_cores() {
    let dir = Workdir::new();
    dir.trained();
    let files = ["head.bin", "retrained_graph.onnx"].map(|name| dir.path("out").join(name));
    let made_on = |threads: &str| {
        dir.train().env("RAYON_NUM_THREADS", threads).succeeds();
        files.clone().map(|file| fs::read(file).unwrap())
    };
    assert!(made_on("1") == made_on("4"));
}

#[test]
fn several_files_are_as_good_as_one() {
    let dir = Workdir::new();
    dir.trained();
    dir.train().succeeds();
    let one = fs::read(dir.path("out/head.bin")).unwrap();
    let all = crate::workdir::drawings();
    for (part, indices) in [("a", 0..13), ("b", 13..30)] {
        for label in ["hot_dog", "not_hot_dog"] {
            for index in indices.clone() {
                let image = format!("{label}/{index:04}.jpg");
                dir.write(
                    format!("{part}/{image}"),
                    fs::read(all.join(&image)).unwrap(),
                );
            }
        }
        let args = [part.to_owned(), "-o".to_owned(), format!("{part}.bin")];
        dir.program("hd-bottleneck")
            .arg("--base")
            .arg(base())
            .args(args)
            .succeeds();
    }
    dir.program("hd-train")
        .args(["b.bin", "a.bin", "--head", "out/head.bin"])
        .succeeds();
    assert!(one == fs::read(dir.path("out/head.bin")).unwrap());
}

#[test]
fn a_strength_can_be_given() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir.train().args(["--l2", "0.5", "-v"]).succeeds();
    assert!(
        !run.stderr().contains("cross-validated"),
        "{}",
        run.stderr()
    );
    let text = dir
        .program("hd-train")
        .args(["--describe", "out/head.bin"])
        .succeeds()
        .stdout();
    assert!(text.contains("l2\t0.5\n"), "{text}");
    assert!(
        dir.train()
            .args(["--l2", "-1"])
            .ends_with(2)
            .stderr()
            .contains("from 0 to 1000000000")
    );
}

#[test]
fn underscores_in_flags_are_accepted() {
    let dir = Workdir::new();
    dir.trained();
    dir.train()
        .args(["--testing_percentage=20", "--validation_percentage", "10"])
        .succeeds();
    let text = dir
        .program("hd-train")
        .args(["--describe", "out/head.bin"])
        .succeeds()
        .stdout();
    assert!(text.contains("testing percentage\t20\n"), "{text}");
}

#[test]
fn labels_that_cannot_be_told_apart_or_divided_are_errors_that_say_why() {
    let dir = Workdir::new();
    dir.images("images", 3);
    fs::remove_dir_all(dir.path("images/not_hot_dog")).unwrap();
    dir.bottleneck("images").succeeds();
    insta::assert_snapshot!("one_label_only", dir.train().ends_with(1).message());
    dir.images("images", 3);
    fs::remove_file(dir.path("images/not_hot_dog/0002.jpg")).unwrap();
    dir.bottleneck("images").succeeds();
    insta::assert_snapshot!(
        "a_label_too_small_to_split",
        dir.train().ends_with(1).message()
    );
    dir.write("images/empty/Thumbs.db", "");
    dir.bottleneck("images").succeeds();
    insta::assert_snapshot!(
        "a_label_without_an_image",
        dir.train().ends_with(1).message()
    );
    assert!(!dir.path("out/head.bin").exists());
    // What is too small for three splits is enough for one.
    fs::remove_dir_all(dir.path("images/empty")).unwrap();
    dir.bottleneck("images").succeeds();
    dir.train()
        .args(["--testing-percentage=0", "--validation-percentage=0"])
        .succeeds();
}

#[test]
fn percentages_that_leave_nothing_to_train_on_are_wrong() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .train()
        .args([
            "--testing-percentage",
            "60",
            "--validation-percentage",
            "40",
        ])
        .ends_with(2);
    assert!(
        run.stderr().contains("leave nothing to train on"),
        "{}",
        run.stderr()
    );
    dir.train()
        .args(["--testing-percentage", "100"])
        .ends_with(2);
}

#[test]
fn bottlenecks_of_another_base_are_an_error_that_names_both() {
    let dir = Workdir::new();
    dir.trained();
    // The same network with one more byte of metadata is another base.
    let mut other = fs::read(base()).unwrap();
    other.extend([0x72, 0x05, 0x0a, 0x01, b'x', 0x12, 0x00]);
    dir.write("other.onnx", other);
    let args = [
        "out/bottlenecks.bin",
        "--base",
        "other.onnx",
        "--head",
        "h",
        "--output-graph",
        "g",
    ];
    let message = dir.program("hd-train").args(args).ends_with(1).message();
    assert!(
        message.contains("out/bottlenecks.bin: made with the base mobilenet_v2_1.0_224 ("),
        "{message}"
    );
    assert!(
        message.contains("other.onnx is the base mobilenet_v2_1.0_224 ("),
        "{message}"
    );
    assert!(!dir.path("h").exists() && !dir.path("g").exists());
}

#[test]
fn damaged_and_foreign_bottlenecks_are_errors_that_name_the_file() {
    let dir = Workdir::new();
    let whole = fs::read(trained().join("bottlenecks.bin")).unwrap();
    dir.write("out/bottlenecks.bin", &whole[..whole.len() - 1]);
    insta::assert_snapshot!("truncated_floats", dir.train().ends_with(1).message());
    dir.write("out/bottlenecks.bin", &whole[..100]);
    insta::assert_snapshot!("truncated_header", dir.train().ends_with(1).message());
    dir.write("out/bottlenecks.bin", "\x7fELF and so on");
    insta::assert_snapshot!("foreign_bottlenecks", dir.train().ends_with(1).message());
    dir.write("out/bottlenecks.bin", "");
    insta::assert_snapshot!("empty_bottlenecks", dir.train().ends_with(1).message());
    fs::remove_file(dir.path("out/bottlenecks.bin")).unwrap();
    insta::assert_snapshot!("no_bottlenecks", dir.train().ends_with(1).message());
}

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
fn a_head_that_knows_nothing_is_not_called_right() {
    let dir = Workdir::new();
    dir.trained();
    let args = ["out/bottlenecks.bin", "--head", "h.bin", "--l2", "1e9"];
    let said = dir.program("hd-train").args(args).succeeds().stderr();
    let line = said
        .lines()
        .find(|line| line.contains("Validation accuracy"));
    let percent = line.unwrap().split("= ").nth(1).unwrap();
    let percent: f64 = percent.split('%').next().unwrap().parse().unwrap();
    assert!(percent < 90.0, "{said}");
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
fn images_under_two_labels_are_mentioned() {
    let dir = Workdir::new();
    dir.images("images", 8);
    for index in 0..8 {
        let name = format!("{index:04}.jpg");
        fs::copy(
            dir.path("images/hot_dog").join(&name),
            dir.path("images/not_hot_dog").join(format!("x{name}")),
        )
        .unwrap();
    }
    dir.bottleneck("images").succeeds();
    let run = dir.train().ends_with(1);
    assert!(
        run.stderr()
            .contains("8 images stand under more than one label, such as not_hot_dog/x0000.jpg"),
        "{}",
        run.stderr()
    );
    insta::assert_snapshot!("a_label_without_images_of_its_own", run.message());
}

#[test]
fn bottlenecks_that_are_no_numbers_or_stand_in_two_files_are_errors() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .program("hd-train")
        .args(["out/bottlenecks.bin", "out/bottlenecks.bin", "--head", "h"])
        .ends_with(1);
    assert!(
        run.stderr().contains("holds hot_dog/0000.jpg, which"),
        "{}",
        run.stderr()
    );
    let mut bytes = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    dir.write("out/bottlenecks.bin", bytes);
    assert!(
        dir.train()
            .ends_with(1)
            .stderr()
            .contains("something that is no number")
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

/// hd-train by gradient descent, as retrain.py does it.
const STEPS: [&str; 4] = ["--solver", "sgd", "--how_many_training_steps", "25"];

#[test]
fn gradient_descent_says_what_retrain_py_says() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .train()
        .args(STEPS)
        .args(["--eval_step_interval=10"])
        .succeeds();
    let lines: Vec<String> = run.stderr().lines().map(str::to_owned).collect();
    let steps: Vec<&String> = lines.iter().filter(|line| line.contains("Step ")).collect();
    // Every tenth, and the last.
    for (index, step) in [0, 10, 20, 24].into_iter().enumerate() {
        let three = &steps[index * 3..index * 3 + 3];
        let starts = [
            "Train accuracy = ",
            "Cross entropy = ",
            "Validation accuracy = ",
        ];
        for (line, start) in three.iter().zip(starts) {
            assert!(
                line.starts_with(&format!("hd-train: Step {step}: {start}")),
                "{line}"
            );
        }
        assert!(three[2].ends_with("% (N=100)"), "{}", three[2]);
    }
    assert_eq!(steps.len(), 12);
    // The entropy falls, and the head can be scored.
    let entropy = |line: &str| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
    assert!(entropy(steps[10]) < 0.8 * entropy(steps[1]), "{steps:?}");
    let scored = dir
        .program("hd-eval")
        .args(["out/head.bin", "out/bottlenecks.bin"])
        .succeeds();
    assert!(scored.stdout().contains("Final test accuracy = "));
}

#[test]
fn gradient_descent_is_the_same_for_the_same_seed() {
    let dir = Workdir::new();
    dir.trained();
    let head = |seed: &str| {
        dir.train().args(STEPS).args(["--seed", seed]).succeeds();
        fs::read(dir.path("out/head.bin")).unwrap()
    };
    assert!(head("1") == head("1"));
    assert!(head("1") != head("2"));
}

#[test]
fn validation_can_be_on_every_image_once() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .train()
        .args(STEPS)
        .args(["--validation_batch_size", "-1"])
        .succeeds();
    let validation = |line: &&str| line.contains("images for training");
    let stderr = run.stderr();
    let counts = stderr.lines().find(validation).unwrap().to_owned();
    let n = counts
        .split(", ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    assert!(stderr.contains(&format!("(N={n})\n")), "{stderr}");
}

#[test]
fn a_command_of_the_lab_is_told_what_does_the_same() {
    let dir = Workdir::new();
    let pasted = [
        "--bottleneck_dir=tf_files/bottlenecks",
        "--how_many_training_steps=500",
        "--model_dir=tf_files/models/",
        "--summaries_dir=tf_files/training_summaries/mobilenet_0.50_224",
        "--output_graph=tf_files/retrained_graph.pb",
        "--output_labels=tf_files/retrained_labels.txt",
        "--architecture=mobilenet_0.50_224",
        "--image_dir=tf_files/flower photos",
        "--random_crop=10",
        "--flip_left_right",
    ];
    let run = dir.program("hd-train").args(pasted).ends_with(2);
    insta::assert_snapshot!("hd-train_pasted", run.stderr());
    assert_eq!(run.stdout(), "");
}

#[test]
fn solvers_do_not_take_each_others_flags() {
    let dir = Workdir::new();
    dir.trained();
    for (flags, reason) in [
        (
            &["--solver", "lbfgs", "--learning_rate", "0.1"][..],
            "--solver lbfgs goes to the optimum",
        ),
        (&["--solver", "sgd", "--l2", "0.1"], "--l2 is for lbfgs"),
        (
            &["--path_prefix", "hotdog"],
            "--path-prefix needs --split-by path",
        ),
        (&["--learning_rate", "0"], "expected a number above 0"),
        (&["--validation_batch_size", "-2"], "or -1"),
    ] {
        let run = dir.train().args(flags).ends_with(2);
        assert!(run.stderr().contains(reason), "{}", run.stderr());
    }
}

#[test]
fn by_path_the_spelling_of_the_folder_divides_and_the_head_remembers() {
    let dir = Workdir::new();
    dir.trained();
    let counts = |prefix: &str| {
        let run = dir
            .train()
            .args(["--split-by", "path", "--path-prefix", prefix])
            .succeeds();
        let line = |line: &&str| line.contains("images for training");
        run.stderr().lines().find(line).unwrap().to_owned()
    };
    let described = || {
        let call = dir.program("hd-train").args(["--describe", "out/head.bin"]);
        call.succeeds().stdout()
    };
    let one = counts("images");
    assert!(
        described().contains("split by\tpath\timages\n"),
        "{}",
        described()
    );
    assert_ne!(one, counts("./images"));
    // The testing images are those that hd-train counted.
    let scored = dir
        .program("hd-eval")
        .args(["out/head.bin", "out/bottlenecks.bin"])
        .succeeds();
    let testing = counts("./images")
        .rsplit(", ")
        .next()
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        scored.stdout().contains(&format!("(N={testing})")),
        "{}",
        scored.stdout()
    );
}

#[test]
fn class_weights_make_a_rare_label_count() {
    let dir = Workdir::new();
    for (label, count) in [("hot_dog", 6), ("not_hot_dog", 29)] {
        for index in 0..count {
            let image = format!("{label}/{index:04}.jpg");
            let drawing = fs::read(crate::workdir::drawings().join(&image)).unwrap();
            dir.write(format!("images/{image}"), drawing);
        }
    }
    dir.bottleneck("images").succeeds();
    let run = dir.train().succeeds();
    let said = "'not hot dog' has";
    assert!(run.stderr().contains(said) && run.stderr().contains("--class-weights balanced"));
    let plain = fs::read(dir.path("out/head.bin")).unwrap();
    let run = dir.train().args(["--class-weights", "balanced"]).succeeds();
    assert!(!run.stderr().contains(said), "{}", run.stderr());
    let balanced = fs::read(dir.path("out/head.bin")).unwrap();
    assert!(plain != balanced);
    let describe = ["--describe", "out/head.bin"];
    let text = dir.program("hd-train").args(describe).succeeds().stdout();
    assert!(text.contains("class weight\thot dog\t"), "{text}");
    // The same weights from a file are the same head.
    let weight = |label: &str| {
        let start = format!("class weight\t{label}\t");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap().to_owned()
    };
    let (rare, common) = (weight("hot dog"), weight("not hot dog"));
    dir.write(
        "weights.tsv",
        format!("hot dog\t{rare}\nnot hot dog\t{common}\n"),
    );
    dir.train()
        .args(["--class-weights", "weights.tsv"])
        .succeeds();
    let given = dir.program("hd-train").args(describe).succeeds().stdout();
    assert_eq!(given, text);
    dir.write("weights.tsv", "hot dog\tmany\n");
    let run = dir
        .train()
        .args(["--class-weights", "weights.tsv"])
        .ends_with(1);
    assert!(
        run.stderr().contains("weights.tsv: line 1 is not a label"),
        "{}",
        run.stderr()
    );
    let run = dir
        .train()
        .args(["--class-weights", "absent.tsv"])
        .ends_with(1);
    assert!(run.stderr().contains("absent.tsv"), "{}", run.stderr());
    dir.train()
        .args(["--class-weights", "balanced", "--solver", "sgd"])
        .ends_with(2);
}

#[test]
fn two_images_are_enough_where_none_is_kept_back() {
    let dir = Workdir::new();
    dir.images("images", 1);
    dir.bottleneck("images").succeeds();
    let run = dir.train().ends_with(1);
    assert!(run.stderr().contains("'hot dog'"), "{}", run.stderr());
    let all = ["--testing-percentage", "0", "--validation-percentage", "0"];
    dir.train().args(all).succeeds();
    let score = ["out/head.bin", "out/bottlenecks.bin", "--split", "all"];
    let text = dir.program("hd-eval").args(score).succeeds().stdout();
    assert!(text.contains("All accuracy = 100.0% (N=2)"), "{text}");
}

#[test]
fn an_earlier_head_is_where_training_starts_and_its_labels_keep_their_order() {
    let dir = Workdir::new();
    dir.images("images", 12);
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
    fs::rename(dir.path("out/head.bin"), dir.path("first.bin")).unwrap();
    // From the optimum it is not far to the optimum.
    let steps = |flags: &[&str]| {
        let run = dir
            .train()
            .arg("-v")
            .args(["--l2", "0.5"])
            .args(flags)
            .succeeds();
        let said = run.stderr();
        let line = said
            .lines()
            .find(|line| line.contains("the last fit took"))
            .unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        words[5].parse::<u32>().unwrap()
    };
    assert!(steps(&["--init", "first.bin"]) <= steps(&[]));
    // A label that sorts before the others comes behind them.
    for index in 12..24 {
        let drawing = crate::workdir::drawings().join(format!("hot_dog/{index:04}.jpg"));
        dir.write(
            format!("images/another/{index}.jpg"),
            fs::read(drawing).unwrap(),
        );
    }
    dir.bottleneck("images").succeeds();
    let labels = || fs::read_to_string(dir.path("out/retrained_labels.txt")).unwrap();
    dir.train().succeeds();
    assert_eq!(labels(), "another\nhot dog\nnot hot dog\n");
    for solver in ["lbfgs", "sgd"] {
        let flags = [
            "--init",
            "first.bin",
            "--solver",
            solver,
            "--summaries-dir",
            "summaries",
        ];
        dir.train().args(flags).succeeds();
        assert_eq!(labels(), "hot dog\nnot hot dog\nanother\n");
        let score = ["out/head.bin", "out/bottlenecks.bin"];
        let run = dir.program("hd-eval").args(score).succeeds();
        assert_eq!(run.stderr(), "");
        assert!(run.stdout().lines().nth(1).unwrap().starts_with("hot dog"));
    }
    // What it knows must still be there.
    fs::remove_dir_all(dir.path("images/hot_dog")).unwrap();
    dir.bottleneck("images").succeeds();
    let run = dir.train().args(["--init", "first.bin"]).ends_with(1);
    assert!(
        run.stderr().contains("no image of 'hot dog'"),
        "{}",
        run.stderr()
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

#[test]
fn the_base_of_the_lab_stands_for_one_that_the_catalogue_does_not_have() {
    let dir = Workdir::new();
    for architecture in [&[][..], &["--architecture=Inception_v3"]] {
        let call = dir.program("hd-train").arg("--image_dir=photos");
        let said = call.args(architecture).ends_with(2).stderr();
        assert!(
            said.contains("with the lab's mobilenet_1.0_224 for inception_v3:\n"),
            "{said}"
        );
        assert!(said.contains("hd-fetch base mobilenet_1.0_224 "), "{said}");
    }
}
