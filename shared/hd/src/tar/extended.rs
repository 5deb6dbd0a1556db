//! What stands before a member because its header has no room for it: GNU's long names, and the
//! extended headers of POSIX, which are lines of `LENGTH KEY=VALUE`.

use super::header::text;

/// What is known of the next member beside its header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extended {
    pub(super) name: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// Whether holes are left out of its content.
    pub(super) is_sparse: bool,
}

impl Extended {
    /// Takes in the content of a special member of this kind; none where it makes no sense.
    pub(super) fn add(&mut self, kind: u8, content: &[u8]) -> Option<()> {
        match kind {
            b'L' => self.name = Some(text(content).to_vec()),
            b'K' => self.link = Some(text(content).to_vec()),
            _ => return self.add_records(content),
        }
        Some(())
    }

    fn add_records(&mut self, mut records: &[u8]) -> Option<()> {
        while !records.is_empty() {
            let (record, rest) = records.split_at_checked(length(records)?)?;
            records = rest;
            let record = record.strip_suffix(b"\n")?;
            let mut parts = record.splitn(2, |byte| *byte == b' ');
            let mut pair = parts.nth(1)?.splitn(2, |byte| *byte == b'=');
            let (key, value) = (pair.next()?, pair.next()?);
            match key {
                b"path" => self.name = Some(text(value).to_vec()),
                b"linkpath" => self.link = Some(text(value).to_vec()),
                b"size" => self.size = Some(decimal(value)?),
                key => self.is_sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
        Some(())
    }
}

/// The length of the first record, its own digits among it.
fn length(records: &[u8]) -> Option<usize> {
    let digits = records.split(|byte| *byte == b' ').next()?;
    let length = usize::try_from(decimal(digits)?).ok()?;
    (length > digits.len() + 1).then_some(length)
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(content: &[u8]) -> Option<Extended> {
        let mut extended = Extended::default();
        extended.add(b'x', content)?;
        Some(extended)
    }

    #[test]
    fn keys_that_matter_are_taken_and_others_passed_over() {
        let found = records(b"30 mtime=1350244992.023960108\n18 path=a/b=c.jpg\n13 size=1000\n");
        let expected = Extended {
            name: Some(b"a/b=c.jpg".to_vec()),
            size: Some(1000),
            ..Extended::default()
        };
        assert_eq!(found, Some(expected));
        assert!(records(b"22 GNU.sparse.major=1\n").unwrap().is_sparse);
    }

    #[test]
    fn records_that_make_no_sense_are_none() {
        for content in [
            &b"x path=a\n"[..],
            b"99 path=a\n",
            b"3 \n",
            b"0 path=a\n",
            b"10 path=ab",
            b"9 pathab\n",
            b"11 size=ab\n",
            b"99999999999999999999 path=a\n",
        ] {
            assert_eq!(records(content), None, "{:?}", content.escape_ascii());
        }
    }

    #[test]
    fn a_long_name_ends_at_its_nul() {
        let mut extended = Extended::default();
        extended.add(b'L', b"long\0").unwrap();
        extended.add(b'K', b"link").unwrap();
        assert_eq!(extended.name.as_deref(), Some(&b"long"[..]));
        assert_eq!(extended.link.as_deref(), Some(&b"link"[..]));
    }
}
