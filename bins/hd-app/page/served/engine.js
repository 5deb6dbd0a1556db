// The engine of hd-app's own page: images go to the server that the page came from. An engine is
//   begin(told)          loads what it needs; `told` hears how far it is, from 0 to 1
//   about()              { title, labels, about, privacy, details }: labels have a `name`, the others are words
//   label(file)          { answer, state, sent }: `answer` as hd-label gives it, and the file to show and to ask about again
//   heatmap(sent, told)  an image that shows where the evidence lies

import { reduced, smallest } from "./reduced.js";

const PATIENCE = 30; // Times that a busy server is asked again.

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** The answer to an image, again after a while if the server has too much to do, and where it has gone none. */
async function post(path, file) {
  for (let tries = 0; ; tries++) {
    const request = { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file };
    const response = await fetch(path, request).catch(() => {
      throw new Error("the server cannot be reached");
    });
    if (response.status !== 503 || tries === PATIENCE) return response;
    await pause(Number(response.headers.get("Retry-After")) || 1);
  }
}

/** The same where it is an answer. */
async function good(response) {
  if (response.ok) return response;
  const reason = await response.json().then((json) => json.error, () => "");
  throw new Error(reason || `the server answered ${response.status}`);
}

/** Large photos go up smaller, and what is too much for the server again, still smaller. */
async function label(file) {
  let sent = await reduced(file);
  let response = await post("label", sent);
  if (response.status === 413) {
    sent = await smallest(file);
    response = await post("label", sent);
  }
  const answer = await (await good(response)).json();
  return { answer, state: response.headers.get("Hd-Verdict"), sent };
}

async function about() {
  const { base, labels, title } = await (await fetch("health")).json();
  return {
    title,
    labels: labels.map((name) => ({ name })),
    about: `base ${base}`,
    privacy: "Images go to the program that serves this page, and nowhere else. It forgets them at once.",
    details: [],
  };
}

export const engine = {
  begin: async () => {},
  about,
  label,
  heatmap: async (sent) => (await good(await post("heatmap", sent))).blob(),
};
