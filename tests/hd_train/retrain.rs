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
    insta::assert_snapshot!("hd-train_pasted", run.stderr());
    assert_eq!(run.stdout(), "");
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
