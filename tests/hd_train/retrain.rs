//! The flags of retrain.py.

use crate::workdir::Workdir;

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
    let folder = crate::workdir::exe("hd-train").trim_end_matches("hd-train");
    insta::assert_snapshot!("hd-train_pasted", run.stderr().replace(folder, "BIN/"));
    assert_eq!(run.stdout(), "");
}

#[test]
fn the_features_of_inception_are_what_retrain_took_by_default() {
    let dir = Workdir::new();
    for (architecture, words) in [
        (&[][..], ", with inception_v3, which was its default:\n"),
        (&["--architecture=Inception_v3"], "what retrain.py did:\n"),
    ] {
        let call = dir.program("hd-train").arg("--image_dir=photos");
        let said = call.args(architecture).ends_with(2).stderr();
        assert!(said.contains(words), "{said}");
        assert!(
            said.contains("hd-fetch base inception_v3 --bottleneck pooled "),
            "{said}"
        );
    }
}

/// The lines that are commands to be pasted, which begin with the path of a program.
fn pasted(said: &str) -> Vec<&str> {
    let is_command = |line: &&str| !line.starts_with("hd-train: ");
    said.lines().filter(is_command).collect()
}

#[test]
fn the_commands_name_the_programs_as_this_one_was_called_and_can_be_pasted() {
    let dir = Workdir::new();
    let flags = ["--image_dir=photos", "--print_misclassified_test_images"];
    let said = dir.program("hd-train").args(flags).ends_with(2).stderr();
    let commands = pasted(&said);
    let programs = ["hd-fetch", "hd-bottleneck", "hd-train", "hd-eval"];
    assert_eq!(commands.len(), programs.len(), "{said}");
    for (command, program) in commands.iter().zip(programs) {
        let path = format!("{} ", crate::workdir::exe(program));
        assert!(command.starts_with(&path), "{command}");
    }
    assert!(commands[3].ends_with(" --report out/report.html"), "{said}");
}

#[test]
fn a_module_of_tensorflow_hub_is_answered_with_a_base_that_there_is() {
    let dir = Workdir::new();
    let list = dir.program("hd-fetch").args(["list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&list.succeeds().stdout()).unwrap();
    let bases = listed["bases"].as_array().unwrap();
    for (module, nearest) in [
        ("mobilenet_v1_100_224/feature_vector/1", "mobilenet_1.0_224"),
        (
            "mobilenet_v1_025_128/quantops/feature_vector/3",
            "mobilenet_0.25_128",
        ),
        (
            "mobilenet_v1_050_160/classification/1",
            "mobilenet_0.50_160",
        ),
        (
            "mobilenet_v2_140_224/feature_vector/5",
            "mobilenet_v2_1.0_224",
        ),
        (
            "mobilenet_v2_035_96/feature_vector/2",
            "mobilenet_v2_1.0_224",
        ),
        ("inception_v3/feature_vector/3", "mobilenet_v2_1.0_224"),
        ("resnet_v2_50/feature_vector/1", "mobilenet_v2_1.0_224"),
    ] {
        let url = format!("https://tfhub.dev/google/imagenet/{module}");
        let call = dir.program("hd-train").args(["--tfhub_module", &url]);
        let said = call.arg("--image_dir=photos").ends_with(2).stderr();
        assert!(
            said.contains(&format!("with {nearest}, the base")),
            "{said}"
        );
        assert!(
            pasted(&said)[0].contains(&format!("hd-fetch base {nearest} ")),
            "{said}"
        );
        assert!(bases.iter().any(|base| base["name"] == nearest));
    }
}
