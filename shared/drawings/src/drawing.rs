//! A drawing: its label and its pixels.

/// The label of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// At least one sausage in a bun.
    HotDog,
    /// Food or an object that is no hot dog.
    NotHotDog,
}

impl Label {
    /// Both labels, in the order of their folders.
    pub const ALL: [Self; 2] = [Self::HotDog, Self::NotHotDog];

    /// The name of the folder that holds the label's images.
    pub fn folder(self) -> &'static str {
        match self {
            Self::HotDog => "hot_dog",
            Self::NotHotDog => "not_hot_dog",
        }
    }
}

/// An image in RGB, 8 bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `height * width * 3` bytes, rows from top to bottom, each pixel red, green, blue.
    pub pixels: Vec<u8>,
}
