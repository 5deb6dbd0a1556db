//! Files that cannot be read are not gone: what was computed of them is kept.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{counts, settle};
use crate::workdir::{Call, Workdir, base, take};

const BOTTLENECKS: &str = "out/bottlenecks.bin";

/// A folder of links to images on a disk, of which there are five a label.
fn linked() -> Workdir {
    let dir = Workdir::new();
    dir.images("disk", 5);
    for label in ["hot_dog", "not_hot_dog"] {
        fs::create_dir_all(dir.path("images").join(label)).unwrap();
        for index in 0..5 {
            let image = format!("{label}/{index:04}.jpg");
            symlink(
                dir.path("disk").join(&image),
                dir.path("images").join(&image),
            )
            .unwrap();
        }
    }
    dir
}

fn listed(dir: &Workdir, list: &str) -> Call {
    let call = dir.program("hd-bottleneck").arg("--base").arg(base());
    call.args(["--files-from", list, "-o", BOTTLENECKS])
}

#[test]
fn links_into_a_disk_that_is_not_there_replace_nothing() {
    let dir = linked();
    settle(&dir.path("disk"));
    dir.bottleneck("images").succeeds();
    let before = fs::read(dir.path(BOTTLENECKS)).unwrap();
    fs::rename(dir.path("disk"), dir.path("elsewhere")).unwrap();
    let said = dir.bottleneck("images").ends_with(1).stderr();
    let line = "images: 10 of its 10 files cannot be read, hot_dog/0000.jpg among them: there is no such file or folder";
    assert!(
        said.contains(line) && said.contains("out/bottlenecks.bin is left as it was"),
        "{said}"
    );
    assert!(fs::read(dir.path(BOTTLENECKS)).unwrap() == before);
    // Not even where some are new.
    dir.images("images/more", 2);
    dir.bottleneck("images").ends_with(1);
    assert!(fs::read(dir.path(BOTTLENECKS)).unwrap() == before);
}

#[test]
fn a_few_that_cannot_be_read_keep_their_rows_with_a_warning() {
    let dir = linked();
    settle(&dir.path("disk"));
    dir.bottleneck("images").succeeds();
    let before = fs::read(dir.path(BOTTLENECKS)).unwrap();
    fs::rename(dir.path("disk/hot_dog"), dir.path("elsewhere")).unwrap();
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 10 reused, 0 skipped");
    let line =
        "hot_dog/0003.jpg: there is no such file or folder; what was computed of it before is kept";
    assert!(run.stderr().contains(line), "{}", run.stderr());
    let table = fs::read_to_string(dir.path("out/bottlenecks.warnings.tsv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 5, "{table}");
    assert!(fs::read(dir.path(BOTTLENECKS)).unwrap() == before);
    dir.bottleneck("images").arg("--strict").ends_with(1);
    // An image that is new is computed, and the others are still there.
    dir.images("new", 6);
    fs::rename(
        dir.path("new/not_hot_dog/0005.jpg"),
        dir.path("images/not_hot_dog/x.jpg"),
    )
    .unwrap();
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "1 computed, 10 reused, 0 skipped");
    // One that is deleted is gone, readable or not.
    fs::remove_file(dir.path("images/hot_dog/0000.jpg")).unwrap();
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 10 reused, 0 skipped");
    fs::rename(dir.path("elsewhere"), dir.path("disk/hot_dog")).unwrap();
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 10 reused, 0 skipped");
    assert!(!run.stderr().contains("is kept"), "{}", run.stderr());
}

#[test]
fn a_list_that_is_read_from_another_folder_replaces_nothing() {
    let dir = Workdir::new();
    dir.images("images", 3);
    let list = ["hot_dog", "not_hot_dog"].map(|label| {
        (0..3)
            .map(|index| format!("images/{label}/{index:04}.jpg\n"))
            .collect::<String>()
    });
    dir.write("list.txt", list.concat());
    listed(&dir, "list.txt").succeeds();
    let before = fs::read(dir.path(BOTTLENECKS)).unwrap();
    fs::create_dir(dir.path("other")).unwrap();
    fs::rename(dir.path("list.txt"), dir.path("other/list.txt")).unwrap();
    let Call(mut call) = dir.program("hd-bottleneck").arg("--base").arg(base());
    call.args(["--files-from", "list.txt", "-o", "../out/bottlenecks.bin"]);
    call.current_dir(dir.path("other"));
    let said = Call(call).ends_with(1).stderr();
    assert!(said.contains("6 of its 6 files cannot be read"), "{said}");
    assert!(fs::read(dir.path(BOTTLENECKS)).unwrap() == before);
}

#[test]
fn a_folder_that_may_not_be_entered_keeps_its_rows() {
    let dir = Workdir::new();
    dir.images("images", 3);
    fs::create_dir(dir.path("images/hot_dog/private")).unwrap();
    let image = dir.path("images/hot_dog/0000.jpg");
    fs::rename(image, dir.path("images/hot_dog/private/0000.jpg")).unwrap();
    take(base(), &dir.path("base.onnx"));
    let args = ["--base", "base.onnx", "images", "-o", BOTTLENECKS];
    dir.unprivileged("hd-bottleneck").args(args).succeeds();
    let private = dir.path("images/hot_dog/private");
    fs::set_permissions(&private, fs::Permissions::from_mode(0o0)).unwrap();
    let run = dir.unprivileged("hd-bottleneck").args(args).succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 6 reused, 0 skipped");
    let line = "hot_dog/private/0000.jpg: this user may not do that; what was computed of it before is kept";
    assert!(run.stderr().contains(line), "{}", run.stderr());
    fs::set_permissions(&private, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_first_run_that_can_read_almost_nothing_makes_nothing() {
    let dir = linked();
    fs::remove_dir_all(dir.path("disk/hot_dog")).unwrap();
    fs::remove_file(dir.path("disk/not_hot_dog/0000.jpg")).unwrap();
    dir.bottleneck("images").ends_with(1);
    assert!(!dir.path(BOTTLENECKS).exists());
}
