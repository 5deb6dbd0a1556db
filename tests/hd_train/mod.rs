//! Tests of hd-train, by feature.

mod class_weights;
mod corrections;
mod head;
mod inputs;
mod outputs;
mod retrain;
mod sgd;
mod split;
