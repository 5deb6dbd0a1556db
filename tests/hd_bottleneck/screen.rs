//! A terminal's screen after a run.

use crate::terminal::screen;
use crate::workdir::Workdir;

#[test]
fn no_piece_of_the_bar_stays_on_the_screen() {
    let dir = Workdir::new();
    dir.images("images", 25);
    // A line comes while the bar is shown, for the device, and others for bad images after it.
    dir.write("images/hot_dog/bad.jpg", "no image");
    let seen = screen(dir.bottleneck("images"));
    assert!(seen.contains("hd-bottleneck: device: cpu"), "{seen}");
    assert!(seen.contains("50 computed, 0 reused, 1 skipped"), "{seen}");
    let lines = seen.lines().filter(|line| !line.is_empty());
    assert!(lines.clone().count() > 2, "{seen}");
    // A line that is too long for the screen goes on in the next.
    assert!(
        !seen.contains("/51 images") && !seen.contains("/s,") && !seen.contains('░'),
        "{seen}"
    );
}
