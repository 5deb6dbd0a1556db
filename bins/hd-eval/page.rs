//! The report, with the images and the graph that are there for it.

use std::sync::Arc;

use anyhow::bail;
use hd::base::Runtime;
use hd::bottleneck::{Corrections, Samples};
use hd::eval::Evaluation;
use hd::head::Head;
use hd::onnx::Network;
use hd::report::{Findings, Painter, Report};

use crate::arguments::Arguments;

impl Arguments {
    /// The report as a page.
    pub(crate) fn page(
        &self,
        evaluation: &Evaluation,
        head: &Head,
        samples: &Samples,
        findings: &Findings,
    ) -> anyhow::Result<String> {
        let painter = self.painter(head)?;
        let corrections = self.corrections.path.as_deref();
        let corrections = corrections.map(Corrections::open).transpose()?;
        let report = Report {
            head,
            samples,
            evaluation,
            findings,
            corrections: corrections.as_ref(),
            images: self.images.as_deref(),
            most_images: self.report_images,
            painter: painter.as_ref(),
        };
        Ok(report.render()?)
    }

    /// What paints heat maps, if there is a graph for it.
    fn painter(&self, head: &Head) -> anyhow::Result<Option<Painter>> {
        let Some(graph) = &self.graph else {
            return Ok(None);
        };
        let network = Network::open_retrained(graph)?;
        if network.labels.as_deref() != Some(&head.labels) {
            bail!("{}: its labels are not those of the head", graph.display());
        }
        match Runtime::load(self.runtime.as_deref()) {
            Ok(runtime) => Ok(Some(Painter::new(runtime, Arc::new(network)))),
            Err(error) => {
                log::warn!("the report does not show where the evidence lies: {error}");
                Ok(None)
            }
        }
    }
}
