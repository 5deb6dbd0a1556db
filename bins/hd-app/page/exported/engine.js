// The engine of an exported page: the network runs in the browser, in a thread of its own.

import { lacks } from "./abilities.js";
import { answered } from "./answer.js";
import { Trouble, piece } from "./pieces.js";
import { sizeOf } from "./reduced.js";

/** What hd-app has written into the page: labels and their words, the rule for images, the pieces and their sizes. */
const about = JSON.parse(document.getElementById("about-network").textContent);

/** Questions that the worker has not answered: by number, { resolve, reject, told }. */
const open = new Map();
let asked = 0;
let worker = null;

/** Starts the worker. What comes back is rejected if a script of it cannot be run. */
function started() {
  const inside = document.getElementById("worker");
  // A page in one file has no address from which a worker could import anything.
  worker = inside
    ? new Worker(URL.createObjectURL(new Blob([inside.textContent], { type: "text/javascript" })))
    : new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data: { id, part, done, failed, refused } }) => {
    const question = open.get(id);
    if (part !== undefined) return question.told(part);
    open.delete(id);
    if (failed === undefined) question.resolve(done);
    else question.reject(Object.assign(new Error(failed), { refused }));
  };
  return new Promise((_, reject) => {
    const reason = "A script of this page is missing or damaged. Put all of its files there, or export it again.";
    worker.onerror = () => reject(new Trouble(reason));
  });
}

function ask(what, given, told = () => {}, moved = []) {
  return new Promise((resolve, reject) => {
    open.set(++asked, { resolve, reject, told });
    worker.postMessage({ id: asked, ask: what, given }, moved);
  });
}

/** Loads everything; `told` hears how far it is, from 0 to 1. */
async function load(told) {
  const lack = lacks();
  if (lack) throw new Trouble(lack);
  const broken = started();
  broken.catch(() => {});
  const { model, runtime } = about.pieces;
  let come = 0;
  const count = (bytes) => told((come += bytes) / (model.packed + runtime.packed));
  const pieces = await Promise.all([piece(model, count), piece(runtime, count)]);
  const [network, library] = pieces.map(({ buffer }) => buffer);
  const given = { model: network, runtime: library, rule: about.rule, input: about.input, result: about.result };
  const loaded = ask("load", given, undefined, [network, library]);
  await Promise.race([loaded, broken]).catch((error) => {
    if (error instanceof Trouble) throw error;
    const remedy = "Get the page again from where it came, or export it again.";
    throw new Trouble(`The network cannot be loaded: ${error.message}. ${remedy}`);
  });
}

/** The network, once it was asked for. */
let network = null;

/** Works with the image in a file, whose size the page looks up, since a worker cannot. */
async function work(what, file, told) {
  await network.catch(() => {
    throw new Error("the network of this page could not be loaded");
  });
  return ask(what, { file, size: await sizeOf(file) }, told);
}

/** An answer, and a file to show. */
async function label(file) {
  const { scores, note } = await work("scores", file);
  return { ...answered(about, scores, note), sent: file };
}

export const engine = {
  begin(told) {
    network = load(told);
    // Where it worked once it works without a network.
    network.then(() => about.offline && navigator.serviceWorker?.register("sw.js"), () => {});
    return network;
  },
  about: async () => about,
  label,
  heatmap: (file, told) => work("heatmap", file, told),
};
