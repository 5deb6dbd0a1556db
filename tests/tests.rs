//! The programs, as a user meets them: each is run in a folder and a home of its own, on real
//! images, with the real ONNX Runtime and real weights, which the fixtures bring with hd-fetch into
//! a cache below `target/`.
//!
//! A test that lacks something says so with `workdir::skip`, and with `HD_TEST_STRICT=1` it fails.
//!
//! Messages that a user can meet are kept as snapshots; `INSTA_UPDATE=always make test` renews
//! them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

/// The folders, the programs and the fixtures that all tests use, and what becomes of tests that
/// cannot run.
mod workdir;

/// HTTP: programs that serve, requests to them, and files for programs that ask.
mod serving;

/// A real browser, driven as a person would.
mod webdriver;

/// A real terminal, and what is on its screen.
mod terminal;

/// What --help prints, and how wrong usage is answered.
mod usage;

/// Wrong usage, and pipes in place of files.
mod pipes;

/// Work that takes long before anything is seen of it.
mod patience;

/// Man pages and completions.
mod manual;

/// Programs that are ended before they are done.
mod killed;

/// Networks that are not what was written.
mod damaged;

/// The memory that images take, and what is damaged in them.
mod memory;

/// More bottlenecks than memory.
mod streaming;

/// Systems without a home, locks, /sys and more.
mod systems;

mod hd_app;
mod hd_bottleneck;
mod hd_eval;
mod hd_fetch;
mod hd_label;
mod hd_train;

/// Every kind of image, as real encoders write it.
mod images;

/// HEIC and AVIF, which a library of the system decodes.
mod heif;

/// Networks of the user's own as bases.
mod networks;

/// Weights of networks that are known, in every form that they are saved in.
mod weights;

/// What the real TensorBoard shows of a training.
mod tensorboard;

/// What a retrained graph answers in a real browser.
mod browser;

/// The pipeline as a file graph.
mod makefile;

/// The machine in the cloud.
mod azure;

/// The bottleneck stage on many machines.
mod cluster;

/// Numbers from other implementations.
mod golden;
