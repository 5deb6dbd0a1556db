//! The flags of hd-train that were given, as the commands that replace retrain.py's are to give them again.

use std::path::PathBuf;

use hd::onnx::FINAL_RESULT;

use crate::arguments::Arguments;
use crate::retrain::{Again, quoted};

impl Arguments {
    /// All of them.
    pub(crate) fn again(&self) -> Again {
        let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        Again {
            summaries_dir: text(&self.summaries_dir),
            output_graph: text(&self.output_graph),
            output_labels: text(&self.output_labels),
            testing_percentage: self.testing_percentage,
            validation_percentage: self.validation_percentage,
            solver: self.steps.flags(),
            graph: self.graph_flags(),
        }
    }

    /// The flags of the network that are not as usual, as they are to be given again.
    fn graph_flags(&self) -> String {
        let mut flags = String::new();
        if self.final_tensor_name != FINAL_RESULT {
            flags.push_str(&format!(
                " --final-tensor-name {}",
                quoted(&self.final_tensor_name)
            ));
        }
        if self.float_input {
            flags.push_str(" --float-input");
        }
        if let Some(folder) = &self.intermediate_output_graphs_dir {
            let (every, folder) = (
                self.intermediate_store_frequency,
                folder.display().to_string(),
            );
            flags.push_str(&format!(
                " --intermediate-store-frequency {every} --intermediate-output-graphs-dir {}",
                quoted(&folder)
            ));
        }
        flags
    }
}
