// Labels the images that hd-app has, and tells it the scores, so that it can compare them with its own.

import { engine } from "./engine.js";

const scores = [];
for (const name of await (await fetch("images.json")).json()) {
  const file = new File([await (await fetch(name)).blob()], name);
  scores.push(await engine.label(file).then(({ answer }) => answer.scores, () => null));
}
const headers = { "Content-Type": "application/json" };
await fetch("scores", { method: "POST", headers, body: JSON.stringify(scores) });
