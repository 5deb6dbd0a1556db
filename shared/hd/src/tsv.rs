//! Fields of tab-separated tables: a name may hold any byte, a field must not hold a tab or a
//! line's end.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The bytes of `path` with backslash, tab, line feed and carriage return written as `\\`, `\t`,
/// `\n`, `\r`, and other control characters, which a terminal might obey, as `\x1b`. Every other byte
/// stays as it is, so that a table's paths can be opened.
pub fn field(path: &Path) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b'\\' => b"\\\\".to_vec(),
        b'\t' => b"\\t".to_vec(),
        b'\n' => b"\\n".to_vec(),
        b'\r' => b"\\r".to_vec(),
        other if other.is_ascii_control() => format!("\\x{other:02x}").into_bytes(),
        &other => vec![other],
    };
    path.as_os_str()
        .as_bytes()
        .iter()
        .flat_map(escape)
        .collect()
}

/// Whether a text can be printed as it is: a control character in it would break a table, or do
/// something to a terminal.
pub fn is_printable(text: &str) -> bool {
    !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn escapes_what_would_break_a_line_and_keeps_the_rest() {
        let path = Path::new(OsStr::from_bytes(b"a b\t\n\\\x1b[m\xff\xc3\xa9.jpg"));
        assert_eq!(field(path), b"a b\\t\\n\\\\\\x1b[m\xff\xc3\xa9.jpg");
    }
}
