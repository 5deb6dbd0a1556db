//! A terminal for programs that behave otherwise on one.

use std::num::NonZero;
use std::process::Command;

use vt100::Parser;

use crate::workdir::Call;

/// A line of the screen is so long.
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

/// Lines of the screen; what leaves it at the top is lost.
const ROWS: NonZero<u16> = NonZero::new(100).unwrap();

/// What is on the screen when a program has ended that had one of 80 columns. It has to succeed.
pub(crate) fn screen(call: Call) -> String {
    let mut terminal = Parser::new(ROWS, COLUMNS, 0);
    terminal.process(written(call).as_bytes());
    terminal.screen().contents()
}

/// Everything that a program has written to such a terminal.
pub(crate) fn written(Call(ours): Call) -> String {
    let words = [ours.get_program()].into_iter().chain(ours.get_args());
    let quoted = words.map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''")));
    let line = quoted.collect::<Vec<_>>().join(" ");
    let mut command = Command::new("script");
    let sized = format!("stty cols {COLUMNS} rows {ROWS}; exec {line}");
    command.args(["--quiet", "--return", "--command", &sized, "/dev/null"]);
    command.current_dir(ours.get_current_dir().unwrap());
    for (name, value) in ours.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TERM", "xterm").env_remove("COLUMNS");
    Call(command).succeeds().stdout()
}
