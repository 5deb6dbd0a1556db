// The network at work, in a thread of its own, so that the page stays quick. It is given everything and fetches nothing.

import * as ort from "./ort.js";
import { decode } from "./decode.js";
import { evidence, painted } from "./heat.js";
import { noted } from "./noted.js";
import { Refusal } from "./refusal.js";
import { resizer } from "./resize.js";

let network = null;

/** One thing at a time, in the order in which they were asked for: each takes the processor, or memory, for itself. */
let last = Promise.resolve();
function inTurn(work) {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
}

const asks = {
  /** Loads the network: { model, runtime, rule, input, result }, the first two as bytes. */
  async load({ model, runtime, ...about }) {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = runtime;
    const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
    network = { session, ...about };
  },

  /** The scores of the image in a file, and what there is to note on it. */
  async scores({ file, size }) {
    const image = await seen(file, size);
    return { scores: await run(image.result()), note: image.note() };
  },

  /** The image in a file, painted with the evidence for its most probable label. */
  async heatmap({ file, size }, told) {
    const pixels = (await seen(file, size)).result();
    const worth = await evidence(network.rule, pixels, run, told);
    return inTurn(() => painted(file, size, network.rule, worth));
  },
};

/** The image in a file as the network sees it: `result` is its input, `note` what there is to note. */
function seen(file, size) {
  return inTurn(async () => {
    let rows = null;
    await decode(file, size, network.rule, (whole) => (rows = noted(resizer(network.rule, whole), whole)));
    return rows;
  });
}

/** The scores for an input. */
function run(pixels) {
  return inTurn(async () => {
    const { session, rule, input, result } = network;
    const values = input === "float32" ? Float32Array.from(pixels) : pixels;
    const image = new ort.Tensor(input, values, [1, rule.height, rule.width, 3]);
    return [...(await session.run({ image }, [result]))[result].data];
  });
}

onmessage = async ({ data: { id, ask, given } }) => {
  const told = (part) => postMessage({ id, part });
  try {
    postMessage({ id, done: await asks[ask](given, told) });
  } catch (error) {
    postMessage({ id, failed: String(error?.message ?? error), refused: error instanceof Refusal });
  }
};
