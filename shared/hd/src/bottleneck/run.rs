//! Images through the base: on the processor every worker reads, prepares and runs one image at a
//! time; on an accelerator the workers prepare, and what they give is run in batches of one size.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use super::reader::{Found, Reader};
use crate::base::{Base, Engine};
use crate::dataset::Entry;
use crate::error::Result;
use crate::parallel;

/// Reads `entries`, runs the base on what is new in them, and gives what came of each to `take`, in
/// their order.
///
/// # Errors
/// Those of the base and of `take`.
pub(super) fn run<'a>(
    engine: Engine,
    reader: &Reader,
    jobs: NonZeroUsize,
    entries: &[&'a Entry],
    mut take: impl FnMut(&'a Entry, Found<Vec<f32>>) -> Result<()>,
) -> Result<()> {
    match engine {
        Engine::EachWorker(make_base) => {
            let work = |worker: &mut Option<Box<dyn Base>>, entry: &&&Entry| {
                reader.read(entry).map(|input| {
                    let base = match worker {
                        Some(base) => base,
                        None => worker.insert(make_base()?),
                    };
                    base.run(&input)
                })
            };
            parallel::ordered(
                jobs,
                entries,
                || None,
                work,
                |entry, found| take(entry, found),
            )
        }
        Engine::Shared { base, batch } => {
            let mut batches = Batches::new(base, batch);
            let work = |(): &mut (), entry: &&&Entry| Ok(reader.read(entry));
            parallel::ordered(
                jobs,
                entries,
                || (),
                work,
                |entry, found| {
                    batches.add(entry, found)?;
                    batches.hand_on(&mut take)
                },
            )?;
            batches.run()?;
            batches.hand_on(&mut take)
        }
    }
}

/// Images on their way through a base, many at a time.
struct Batches<'a> {
    base: Box<dyn Base>,
    size: usize,
    /// The inputs of a batch that is not full yet, one behind the other, and how many they are.
    input: Vec<u8>,
    count: usize,
    /// The outputs of full batches that nobody has taken yet.
    outputs: VecDeque<Vec<f32>>,
    /// The files whose views are among those inputs and outputs, and the ones between them, in
    /// order.
    waiting: VecDeque<(&'a Entry, usize, Found<()>)>,
}

impl<'a> Batches<'a> {
    fn new(base: Box<dyn Base>, size: NonZeroUsize) -> Self {
        Self {
            base,
            size: size.get(),
            input: Vec::new(),
            count: 0,
            outputs: VecDeque::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Adds the views of a file, and runs the base whenever a batch is full.
    fn add(&mut self, entry: &'a Entry, found: Found<Vec<u8>>) -> Result<()> {
        let mut views = 0;
        let found = found.map(|input| {
            views += 1;
            self.input.extend(input);
            self.count += 1;
            match self.count == self.size {
                true => self.run(),
                false => Ok(()),
            }
        })?;
        self.waiting.push_back((entry, views, found));
        Ok(())
    }

    /// Runs the base on the inputs so far. A batch that is not full is filled up with black images,
    /// since every new size of a batch costs an accelerator a search for the best way to compute
    /// it.
    fn run(&mut self) -> Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let image = self.input.len() / self.count;
        self.input.resize(image * self.size, 0);
        let output = self.base.run(&self.input)?;
        let size = (output.len() / self.size).max(1);
        let outputs = output.chunks_exact(size).take(self.count);
        self.outputs.extend(outputs.map(<[f32]>::to_vec));
        self.input.clear();
        self.count = 0;
        Ok(())
    }

    /// Gives on the files all of whose outputs are there.
    fn hand_on(
        &mut self,
        take: &mut impl FnMut(&'a Entry, Found<Vec<f32>>) -> Result<()>,
    ) -> Result<()> {
        while self
            .waiting
            .front()
            .is_some_and(|(_, views, _)| *views <= self.outputs.len())
        {
            let Some((entry, _, found)) = self.waiting.pop_front() else {
                return Ok(());
            };
            let found = found.map(|()| Ok(self.outputs.pop_front().unwrap_or_default()))?;
            take(entry, found)?;
        }
        Ok(())
    }
}
