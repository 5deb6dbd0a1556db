//! What `--version --verbose` says beside the version.

use std::io::{self, Write};

use hd::base::Runtime;
use hd::cache::RuntimeKind;

/// Prints the commit that the program was built from, and the ONNX Runtime that it would load.
pub(crate) fn tell() {
    let commit = option_env!("HD_COMMIT").unwrap_or("unknown: built outside of a checkout");
    // A reader that closes its end wants no more.
    let _ = writeln!(io::stdout(), "commit {commit}\nONNX Runtime {}", runtime());
}

fn runtime() -> String {
    let version = RuntimeKind::Cpu.version();
    match Runtime::locate(None) {
        Ok(path)
            if RuntimeKind::Cpu
                .library()
                .is_ok_and(|brought| brought == path) =>
        {
            format!("{version} ({})", path.display())
        }
        Ok(path) => format!("of {}", path.display()),
        Err(_) => format!("{version}, once `hd-fetch runtime` has brought it"),
    }
}
