//! Tables, as other programs read them.

use std::fs;
use std::process::Command;

use super::{fed, label};
use crate::workdir::{Call, Workdir, dependency};

fn trained() -> Workdir {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 3);
    dir
}

#[test]
fn a_header_names_the_columns_where_it_is_asked_for_and_in_files() {
    let dir = trained();
    let header = "path\tlabel\tscore\tfolder";
    let image = "images/hot_dog/0000.jpg";
    let plain = label(&dir).arg(image).succeeds().stdout();
    assert_eq!(plain.lines().count(), 1);
    let asked = label(&dir).args(["--header", image]).succeeds().stdout();
    let line = format!("{}\thot_dog", plain.trim_end());
    assert_eq!(asked, format!("{header}\n{line}\n"));
    let silent = label(&dir).args(["-o", "table.tsv", image]).succeeds();
    assert_eq!(silent.stdout(), "");
    assert_eq!(fs::read_to_string(dir.path("table.tsv")).unwrap(), asked);
    let bare = ["--no-header", "-o", "table.tsv", image];
    label(&dir).args(bare).succeeds();
    assert_eq!(fs::read_to_string(dir.path("table.tsv")).unwrap(), plain);
    // An image is not written over.
    let message = label(&dir)
        .args(["-o", image, image])
        .ends_with(2)
        .message();
    assert!(message.contains("would be overwritten"), "{message}");
}

#[test]
fn a_threshold_keeps_the_best_guess() {
    let dir = trained();
    let image = "images/hot_dog/0000.jpg";
    let unsure = ["--threshold", "1", "--header", image];
    let table = label(&dir).args(unsure).succeeds().stdout();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows[0], ["path", "label", "score", "guess", "folder"]);
    assert_eq!(
        (rows[1][1], rows[1][3], rows[1][4]),
        ("can't tell", "hot dog", "")
    );
    let json = ["--threshold", "1", "--format", "json", image];
    let json = label(&dir).args(json).succeeds().stdout();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["label"], &json["guess"]),
        (&"can't tell".into(), &"hot dog".into())
    );
    assert_eq!(json["probably"], "Probably a hot dog (99 %).");
}

#[test]
fn pandas_reads_every_table() {
    let Some(python) = dependency("pandas_reads_every_table", "target/venv/bin/python") else {
        return;
    };
    let dir = trained();
    let odd = "images/hot_dog/a, \"b\"\tc.jpg";
    fs::copy(dir.path("images/hot_dog/0000.jpg"), dir.path(odd)).unwrap();
    dir.write("images/hot_dog/notes.jpg", "no image");
    let bottleneck = dir
        .program("hd-bottleneck")
        .arg("--base")
        .arg(crate::workdir::base());
    bottleneck
        .args(["images", "-o", "all.bin", "--export", "numpy"])
        .succeeds();
    label(&dir)
        .args(["-o", "labels.csv", "--threshold", "0.5", "images"])
        .succeeds();
    label(&dir).args(["-o", "labels.tsv", "images"]).succeeds();
    label(&dir)
        .args(["-o", "embedded.csv", "--embed", "images"])
        .succeeds();
    let described = dir
        .program("hd-bottleneck")
        .args(["--describe", "all.bin"])
        .succeeds();
    dir.write("described.tsv", described.stdout());
    let script = r#"
import csv
import pandas
labels = pandas.read_csv('labels.csv')
assert list(labels.columns) == ['path', 'label', 'folder', 'score', 'guess', 'hot dog', 'not hot dog'], labels.columns
assert (labels['hot dog'] + labels['not hot dog'] - 1).abs().max() < 1e-5
assert labels['score'].equals(labels[['hot dog', 'not hot dog']].max(axis=1))
assert 'images/hot_dog/a, "b"\\tc.jpg' in set(labels['path']), labels['path']
def tsv(name, **options):
    return pandas.read_csv(name, sep='\t', quoting=csv.QUOTE_NONE, **options)
plain = tsv('labels.tsv')
assert list(plain.columns) == ['path', 'label', 'score', 'folder']
assert list(plain['score']) == list(labels['score'])
rows = tsv('numpy/rows.tsv')
assert list(rows.columns[:4]) == ['path', 'label', 'folder', 'digest'], rows.columns
assert rows.equals(tsv('described.tsv', comment='#'))
assert set(rows['folder']) == {'hot_dog', 'not_hot_dog'}
skipped = tsv('all.skipped.tsv')
assert skipped.to_dict('records') == [{'path': 'hot_dog/notes.jpg', 'reason': 'not an image'}], skipped
# Tables join by the path, and answers with what was learnt by the folder.
rows['path'] = 'images/' + rows['path']
both = plain.merge(rows, on='path')
assert len(both) == len(rows) == 7, both
assert (both['folder_x'] == both['folder_y']).mean() > 0.5
embedded = pandas.read_csv('embedded.csv')
assert embedded.shape == (7, 1281), embedded.shape
print('read')
"#;
    let mut command = Command::new(python);
    command.current_dir(dir.path("")).args(["-c", script]);
    assert_eq!(Call(command).succeeds().stdout(), "read\n");
}

#[test]
fn the_end_says_what_became_of_all_images() {
    let dir = trained();
    dir.write("images/notes.txt", "no image");
    let run = label(&dir).arg("images").succeeds();
    assert_eq!(run.stdout().lines().count(), 6);
    let said = run.stderr();
    assert!(
        said.contains("hd-label: warning: images/notes.txt: skipped: not an image\n"),
        "{said}"
    );
    assert!(said.contains("hd-label: 6 images labelled: "), "{said}");
    assert!(said.ends_with("not hot dog; 1 skipped\n"), "{said}");
    // The same file by its name, and whatever is no image where all have to be.
    label(&dir)
        .args(["images/hot_dog/0000.jpg", "images/notes.txt"])
        .ends_with(1);
    label(&dir).args(["--strict", "images"]).ends_with(1);
    // One image has its line, and no more.
    let one = label(&dir).arg("images/hot_dog/0000.jpg").succeeds();
    assert_eq!(one.stderr(), "");
}

#[test]
fn no_image_in_a_list_is_no_failure() {
    let dir = trained();
    assert_eq!(fed(label(&dir).args(["--files-from", "-"]), b""), "");
    assert_eq!(fed(label(&dir), b""), "");
    fs::create_dir(dir.path("empty")).unwrap();
    let message = label(&dir).arg("empty").ends_with(1).message();
    assert_eq!(message, "hd-label: there is no image to label\n");
}

#[test]
fn a_terminal_shows_how_far_it_is_while_the_answers_go_elsewhere() {
    let dir = trained();
    let seen = crate::terminal::written(label(&dir).args(["-o", "table.tsv", "images"]));
    assert!(seen.contains(" images, "), "{seen}");
    assert!(
        !crate::terminal::screen(label(&dir).args(["-o", "table.tsv", "images"])).contains("/s")
    );
}
