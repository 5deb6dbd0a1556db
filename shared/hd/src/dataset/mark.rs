//! The mark that editors put before a text.

/// What stands before a text in UTF-8.
const UTF_8: &[u8] = b"\xef\xbb\xbf";

/// What stands before a text in UTF-16, in either order of bytes.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The text of a list without its mark.
///
/// # Errors
/// A list in UTF-16, with the remedy.
pub fn without_mark(list: &[u8]) -> Result<&[u8], String> {
    if UTF_16.iter().any(|mark| list.starts_with(mark)) {
        return Err("it is a text in UTF-16: save it in UTF-8".to_owned());
    }
    Ok(list.strip_prefix(UTF_8).unwrap_or(list))
}
