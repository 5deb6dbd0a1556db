//! A folder of images: one subfolder per label, every file below it an image of that label. Or tars of
//! images, or a list of them.
//!
//! A label is its subfolder's name with `_` and `-` shown as spaces. Links are followed. Hidden
//! files and the droppings of file managers are passed over in silence; everything else that is no
//! image is found out later, by its content.

mod division;
mod fence;
mod folder;
mod images;
mod label;
mod label_list;
mod list;
mod mark;
mod oddities;
mod record;
mod shard;
mod stem;
mod table;
mod tar_contents;
mod tar_division;
mod tar_label;
mod tarred;
mod tars;
#[cfg(test)]
pub(crate) mod tests;
mod walk;

pub use division::split_named;
pub(crate) use images::bytes;
pub use images::{Dataset, Entry, Unreadable};
pub(crate) use label::folder_in;
pub use label::label_of;
pub use label_list::read_labels;
pub use list::without_end;
pub use mark::without_mark;
pub use shard::Shard;
pub use tars::{TarImages, Tars, is_in_tar, is_tar, root_of};
pub use walk::{Trouble, files};
