//! Transfer learning for images: what the programs of hd share.
//!
//! ```text
//! Dataset::scan ── bottleneck::update ── head::train ── onnx::stitch ── a retrained graph
//!   a folder of      one vector a          a softmax      base + head      labels images
//!   images         image, cached       layer          in one file
//!                                             └── eval::evaluate ── Evaluation
//! ```
//!
//! A *base* is a frozen network, a *bottleneck* its output for one image: D floats. A *head* is the softmax layer
//! trained on bottlenecks. Data flows one way, through files, and each file has one module that reads and writes it:
//!
//! | file | module |
//! |---|---|
//! | a base, a retrained graph | [`onnx`] |
//! | `bottlenecks.bin` | [`bottleneck`] |
//! | `head.bin` | [`head`] |
//! | `training_summaries/` | [`tensorboard`] |
//! | `metrics.json` | [`eval`] |
//! | `report.html` | [`report`] |
//! | tables of suspects | [`audit`] |
//! | `source.json` | [`origin`] |
//!
//! From files of bottlenecks to the figures that hd-eval prints:
//!
//! ```no_run
//! use hd::bottleneck::Samples;
//! use hd::head::{ClassWeights, Prior, Recipe, Solver, Strength, train};
//! use hd::split::{Split, SplitRule};
//!
//! let samples = Samples::open(&["out/bottlenecks.bin".into()])?;
//! let recipe = Recipe {
//!     split: SplitRule::default(),
//!     group_duplicates: true,
//!     solver: Solver::Lbfgs(Strength::Chosen),
//!     class_weights: ClassWeights::None,
//!     prior: Prior::Trained,
//!     init: None,
//! };
//! let head = train(&samples, &recipe, &())?.head;
//! let evaluation = hd::eval::evaluate(&head, &samples, Some(Split::Testing), None)?;
//! assert!(evaluation.metrics.accuracy > 0.9);
//! # Ok::<(), hd::Error>(())
//! ```
//!
//! The crate neither prints nor exits and knows no terminal. Whatever fails returns an [`Error`] that names the file.

mod argmax;
pub mod audit;
pub mod base;
pub mod bottleneck;
pub mod cache;
pub mod convert;
mod counted;
#[cfg(test)]
mod damage;
pub mod dataset;
pub mod digest;
mod error;
pub mod eval;
pub mod file;
mod float16;
pub mod frame;
pub mod head;
pub mod label;
mod median;
pub mod onnx;
mod order;
pub mod origin;
pub mod parallel;
pub use hd_photo as photo;
pub mod report;
pub mod seen;
pub mod split;
pub mod stamp;
mod tar;
pub mod temporary;
pub mod tensorboard;
pub mod tsv;
pub mod twins;

pub use counted::counted;
pub use error::{Error, Result, reason};
pub use hd_weakness::weaknesses;
