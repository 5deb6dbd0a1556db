//! Tables with tabs or commas: a name may hold any byte, a field must not hold a tab or a line's
//! end.

use std::borrow::Cow;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What stands between the fields of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// A tab: the fields are to be escaped already.
    Tab,
    /// A comma: fields are quoted where they have to be.
    Comma,
}

impl Separator {
    /// The one that the name of a file stands for: a comma for `.csv`.
    pub fn of(path: &Path) -> Self {
        match path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
        {
            true => Self::Comma,
            false => Self::Tab,
        }
    }

    /// Writes a line of fields.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_line(
        self,
        fields: impl IntoIterator<Item = impl AsRef<[u8]>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self == Self::Comma {
            let mut writer = csv::Writer::from_writer(out);
            writer.write_record(fields)?;
            return writer.flush();
        }
        for (number, field) in fields.into_iter().enumerate() {
            if number > 0 {
                out.write_all(b"\t")?;
            }
            out.write_all(field.as_ref())?;
        }
        writeln!(out)
    }
}

/// The names of some columns and behind them one for the score of each label. Where a label is called
/// like a column, its own says what it is: pandas and spreadsheets know a column by its name.
pub fn columns<'a>(
    fixed: impl IntoIterator<Item = &'a str>,
    labels: &'a [String],
) -> impl Iterator<Item = Vec<u8>> {
    let mut columns: Vec<Cow<'a, str>> = fixed.into_iter().map(Cow::from).collect();
    for label in labels {
        columns.push(match columns.iter().any(|column| column == label) {
            true => format!("score of {label}").into(),
            false => label.into(),
        });
    }
    columns
        .into_iter()
        .map(|column| column.into_owned().into_bytes())
}

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
