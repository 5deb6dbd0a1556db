//! The three parts of a data set.

use serde::{Deserialize, Serialize};

/// One of the three parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The head is fitted on these images.
    Training,
    /// The strength of the regularisation is chosen on these.
    Validation,
    /// Neither fitting nor choosing ever sees these.
    Testing,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Training, Self::Validation, Self::Testing];

    /// The name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Validation => "validation",
            Self::Testing => "testing",
        }
    }
}
