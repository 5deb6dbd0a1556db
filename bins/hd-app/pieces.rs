//! Bytes that come little by little.
//!
//! A vector that grows is moved again and again, and leaves holes of all sizes: under 50 large and
//! slow uploads at a time memory rises by hundreds of megabytes in minutes. Pieces of one size are
//! used again.

/// Bytes of a piece.
const PIECE: usize = 64 << 10;

/// What has come so far, in pieces that are all full but the last.
#[derive(Default)]
pub(crate) struct Pieces(Vec<Vec<u8>>);

impl Pieces {
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = self.0.last().map_or(0, |last| PIECE - last.len());
            if room == 0 {
                self.0.push(Vec::with_capacity(PIECE));
                continue;
            }
            let (now, rest) = bytes.split_at(room.min(bytes.len()));
            if let Some(last) = self.0.last_mut() {
                last.extend_from_slice(now);
            }
            bytes = rest;
        }
    }

    /// All bytes together.
    pub(crate) fn whole(self) -> Vec<u8> {
        self.0.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_is_what_came_however_it_came() {
        let bytes: Vec<u8> = (0..300_000u32).map(|number| number as u8).collect();
        for length in [1, 1000, PIECE, PIECE + 1, bytes.len()] {
            let mut pieces = Pieces::default();
            bytes.chunks(length).for_each(|chunk| pieces.push(chunk));
            assert!(pieces.0.iter().all(|piece| piece.capacity() == PIECE));
            assert_eq!(pieces.whole(), bytes, "{length} at a time");
        }
        assert!(Pieces::default().whole().is_empty());
    }
}
