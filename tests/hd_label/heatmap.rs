//! Heat maps.

use std::fs;

use super::{fed, label};
use crate::workdir::Workdir;

#[test]
fn a_heat_map_is_an_image_of_one_image() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    let image = "images/hot_dog/0000.jpg";
    let painted = label(&dir)
        .args(["--heatmap", "heat.png", image])
        .succeeds();
    assert_eq!(painted.stdout(), label(&dir).arg(image).succeeds().stdout());
    let png = fs::read(dir.path("heat.png")).unwrap();
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    // It can be labelled like any image.
    label(&dir).arg("heat.png").succeeds();
    label(&dir)
        .args(["--heatmap", "heat.png", "--heatmap", image, image])
        .ends_with(2);
    let over_itself = label(&dir).args(["--heatmap", image, image]).ends_with(2);
    assert!(
        over_itself.message().contains("named twice"),
        "{}",
        over_itself.message()
    );
    let two = label(&dir)
        .args(["--heatmap", "heat.png", image, image])
        .ends_with(2);
    assert_eq!(two.message(), "hd-label: --heatmap is of one image\n");
    // However the image is named, and whatever else is read.
    let bytes = fs::read(dir.path(image)).unwrap();
    dir.write("one/image.jpg", &bytes);
    dir.write("labels.txt", "hot dog\nnot hot dog\n");
    dir.write("list.txt", "one/image.jpg\n");
    for (args, status) in [
        (["--heatmap", "one/image.jpg", "one"], 1),
        (["--heatmap", "one/image.jpg", "--files-from=list.txt"], 1),
        (["--heatmap", "list.txt", "--files-from=list.txt"], 2),
        (["--heatmap", "heat.png", "images"], 1),
        (["--heatmap", "heat.png", "one"], 0),
        (["--heatmap", "heat.png", "--files-from=list.txt"], 0),
    ] {
        label(&dir).args(args).ends_with(status);
    }
    let labels = ["--labels", "labels.txt", "--heatmap", "labels.txt", image];
    label(&dir).args(labels).ends_with(2);
    assert!(fs::read(dir.path("one/image.jpg")).unwrap() == bytes);
    assert!(fs::read(dir.path("list.txt")).unwrap().starts_with(b"one"));
    assert!(
        fs::read(dir.path("labels.txt"))
            .unwrap()
            .starts_with(b"hot")
    );
    fed(label(&dir).args(["--heatmap", "fed.png"]), &bytes);
    assert!(dir.path("fed.png").exists());
}

#[test]
fn a_heat_map_is_what_its_name_says_or_is_refused() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    let image = "images/hot_dog/0000.jpg";
    for name in ["heat.jpg", "heat.JPEG"] {
        label(&dir).args(["--heatmap", name, image]).succeeds();
        assert!(
            fs::read(dir.path(name))
                .unwrap()
                .starts_with(b"\xff\xd8\xff")
        );
    }
    for name in ["heat.gif", "heat", "heat.png.txt"] {
        let run = label(&dir).args(["--heatmap", name, image]).ends_with(2);
        assert!(
            run.stderr().contains(".png, .jpg or .jpeg"),
            "{}",
            run.stderr()
        );
        assert!(!dir.path(name).exists());
    }
}
