//! Checks of the paths before anything is read or written.

use hd::dataset::is_tar;
use hd_cli::{check_outputs, is_within, misuse};

use crate::arguments::Arguments;
use crate::intermediate::is_intermediate;

impl Arguments {
    /// Checks that nothing is missing, and that no output would overwrite an input or be taken for one.
    ///
    /// # Errors
    /// [`misuse`], naming the flag or the path.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.output_graph.is_some() && self.base.is_none() {
            return misuse(
                "--output-graph needs --base, the base that the bottlenecks were made with"
                    .to_owned(),
            );
        }
        self.check_files()?;
        self.check_intermediate()?;
        self.check_folders()
    }

    fn check_files(&self) -> anyhow::Result<()> {
        let inputs = self.bottlenecks.iter().chain(&self.base).chain(&self.init);
        let files_of_labels = self.prior.iter().chain([&self.class_weights]);
        let files_of_labels = files_of_labels.chain(&self.corrections.path);
        let files_of_labels = files_of_labels.filter(|path| path.exists());
        let outputs = [&self.head, &self.output_graph, &self.output_labels];
        check_outputs(inputs.chain(files_of_labels), outputs.into_iter().flatten())
    }

    fn check_intermediate(&self) -> anyhow::Result<()> {
        if let (Some(folder), Some(base)) = (&self.intermediate_output_graphs_dir, &self.base)
            && is_intermediate(base)
            && is_within(base, folder)
        {
            let base = base.display();
            return misuse(format!(
                "{base}: it is the base, and would be overwritten by an intermediate network"
            ));
        }
        Ok(())
    }

    fn check_folders(&self) -> anyhow::Result<()> {
        if let Some(images) = &self.images
            && !images.is_dir()
            && !is_tar(images)
        {
            return misuse(format!(
                "--images {}: there is no such folder or tar",
                images.display()
            ));
        }
        if let Some(summaries) = &self.summaries_dir {
            let shown = summaries.display();
            if summaries.exists() && !summaries.is_dir() {
                return misuse(format!(
                    "--summaries-dir {shown}: it is a file, and no folder"
                ));
            }
            if let Some(images) = &self.images
                && is_within(summaries, images)
            {
                let images = images.display();
                return misuse(format!(
                    "--summaries-dir {shown} lies in {images}, and would be taken for images"
                ));
            }
        }
        Ok(())
    }
}
