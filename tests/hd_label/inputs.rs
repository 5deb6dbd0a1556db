//! Where images come from: folders, lists and stdin.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use super::{fed, label, paths};
use crate::workdir::Workdir;

#[test]
fn folders_are_walked_as_hd_bottleneck_walks_them() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 2);
    dir.write("images/hot_dog/.DS_Store", "nothing");
    dir.write("images/Thumbs.db", "nothing");
    let table = label(&dir).arg("images").succeeds().stdout();
    let expected = [
        "hot_dog/0000",
        "hot_dog/0001",
        "not_hot_dog/0000",
        "not_hot_dog/0001",
    ];
    assert_eq!(
        paths(&table),
        expected.map(|name| format!("images/{name}.jpg"))
    );
    // What hd-bottleneck would list as skipped is told, and the others are labelled.
    dir.write("images/notes.txt", "nothing");
    fs::create_dir(dir.path("images/folder.jpg")).unwrap();
    let run = label(&dir).arg("images").ends_with(1);
    assert_eq!(paths(&run.stdout()), paths(&table));
    insta::assert_snapshot!("what_cannot_be_labelled_in_a_folder", run.message());
}

#[test]
fn images_come_from_lists_and_from_stdin() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 2);
    let image = "images/hot_dog/0001.jpg";
    dir.write("images/line\nend.jpg", fs::read(dir.path(image)).unwrap());
    let alone = label(&dir).arg(image).succeeds().stdout();
    let (_, scored) = alone.split_once('\t').unwrap();

    // An image's bytes, with or without the dash.
    let bytes = fs::read(dir.path(image)).unwrap();
    for call in [label(&dir), label(&dir).arg("-")] {
        assert_eq!(fed(call, &bytes), format!("-\t{scored}"));
    }
    // Paths in lines, folders among them, with labels as in the lists of hd-bottleneck.
    let list = format!("hot dog\t{image}\n\nimages/not_hot_dog\n");
    let listed = [
        image,
        "images/not_hot_dog/0000.jpg",
        "images/not_hot_dog/0001.jpg",
    ];
    dir.write("list.txt", &list);
    let by_flag = label(&dir)
        .args(["--files-from", "list.txt"])
        .succeeds()
        .stdout();
    assert_eq!(paths(&by_flag), listed);
    assert_eq!(fed(label(&dir).arg("-"), list.as_bytes()), by_flag);
    assert_eq!(
        fed(label(&dir).args(["--files-from", "-"]), list.as_bytes()),
        by_flag
    );
    // As Windows ends lines.
    assert_eq!(
        fed(label(&dir).arg("-"), list.replace('\n', "\r\n").as_bytes()),
        by_flag
    );
    // As an editor marks it.
    assert_eq!(
        fed(label(&dir).arg("-"), format!("\u{feff}{list}").as_bytes()),
        by_flag
    );
    dir.write("wide.txt", b"\xff\xfei\0m\0");
    let wide = label(&dir).args(["--files-from", "wide.txt"]).ends_with(1);
    assert!(
        wide.stderr()
            .contains("wide.txt: it is a text in UTF-16: save it in UTF-8")
    );
    // As `find -print0` ends them: nothing else means anything.
    dir.write("images/a\tb.jpg", &bytes);
    let list = b"images/line\nend.jpg\0images/hot_dog/0000.jpg\0images/a\tb.jpg\0";
    let table = fed(label(&dir).args(["-0", "--files-from", "-"]), list);
    assert_eq!(
        paths(&table),
        [
            "images/line\\nend.jpg",
            "images/hot_dog/0000.jpg",
            "images/a\\tb.jpg"
        ]
    );
    let missing = label(&dir)
        .args(["--files-from", "missing.txt"])
        .ends_with(1);
    assert!(
        missing
            .message()
            .starts_with("hd-label: missing.txt: cannot read")
    );
}

#[test]
fn an_answer_comes_before_the_next_question() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    let mut command = label(&dir).args(["--jobs", "2", "-"]).0;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for image in ["images/hot_dog/0000.jpg", "images/not_hot_dog/0000.jpg"] {
        writeln!(questions, "{image}").unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert!(answer.starts_with(image), "{answer}");
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
}
