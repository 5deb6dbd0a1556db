//! The two places that the camera can stand in.

/// Where the camera stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Over the table, looking down.
    Top,
    /// At the table, looking along it.
    Side,
}
