// The page of hd-app: asks its engine about images, and shows what that says of them. The engine is the server that the
// page came from (served/engine.js) or, in an exported page, the browser itself (exported/engine.js).

import { cameraless } from "./camera.js";
import { carried } from "./carried.js";
import { engine } from "./engine.js";
import { table } from "./saved.js";

const MOST = 500; // Images that are remembered in a visit.
const AT_ONCE = 3; // Images that are asked about at a time.

const $ = (id) => document.getElementById(id);

/** Images of this visit, the latest first: { file, sent, url, state, answer, heat, item }; `sent` is what is shown and asked about. */
const images = [];
let shown = null;

/** Has another file be shown for an image, since a browser has less work with a smaller one. */
function replace(image, file) {
  image.sent = file;
  if (file === image.file) return;
  URL.revokeObjectURL(image.url);
  image.url = URL.createObjectURL(file);
  image.item.querySelector("img").src = image.url;
  if (image === shown) $("image").src = image.url;
}

const waiting = [];
let asking = 0;

async function askNext() {
  if (asking >= AT_ONCE || waiting.length === 0) return;
  const image = waiting.shift();
  asking++;
  try {
    const { answer, state, sent } = await engine.label(image.file);
    Object.assign(image, { answer, state });
    replace(image, sent);
  } catch (error) {
    Object.assign(image, { state: "error", reason: error.message });
  }
  asking--;
  draw(image);
  if (asking === 0 && waiting.length === 0 && images.length > 1) tell(`${images.length} images are answered. ${note}`);
  askNext();
}

/** What there was to say of the images that were brought last. */
let note = "";

/** Says something beside the answers. */
const tell = (text) => ($("note").textContent = text);

/** Takes images in, shows the first and asks about all. */
function take(files, told = "") {
  note = told || (files.length > MOST ? `These are the first ${MOST} of ${files.length} images.` : "");
  tell(note);
  const taken = [...files].slice(0, MOST).map((file) => ({ file, url: URL.createObjectURL(file), state: "asking" }));
  if (taken.length === 0) return;
  for (const image of [...taken].reverse()) {
    images.unshift(image);
    $("list").prepend(listed(image));
  }
  for (const gone of images.splice(MOST)) {
    gone.item.remove();
    URL.revokeObjectURL(gone.url);
    if (gone.heat) URL.revokeObjectURL(gone.heat);
  }
  waiting.push(...taken);
  $("history").hidden = false;
  show(taken[0]);
  for (let i = 0; i < AT_ONCE; i++) askNext();
}

/** The entry of an image in the history. */
function listed(image) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const preview = document.createElement("img");
  button.type = "button";
  preview.src = image.url;
  preview.alt = "";
  preview.loading = "lazy";
  preview.addEventListener("error", () => preview.classList.add("unseeable"));
  button.append(preview, document.createElement("span"));
  button.addEventListener("click", () => show(image));
  item.append(button);
  image.item = item;
  draw(image);
  return item;
}

const words = (image) => {
  if (image.state === "asking") return "Looking…";
  return image.state === "error" ? `Sorry: ${image.reason}.` : image.answer.verdict;
};

/** Draws an image's entry, and the stage if it is on it. */
function draw(image) {
  const button = image.item.firstChild;
  button.dataset.state = image.state;
  button.lastChild.textContent = words(image);
  button.setAttribute("aria-label", `${image.file.name || "image"}: ${words(image)}`);
  button.setAttribute("aria-current", String(image === shown));
  if (image === shown) drawStage();
}

function show(image) {
  const before = shown;
  shown = image;
  showHeat(false);
  if (before) draw(before);
  draw(image);
  const preview = $("image");
  preview.src = image.url;
  preview.alt = image.file.name || "The image";
  preview.hidden = false;
  $("no-preview").hidden = true;
  $("invitation").hidden = true;
}

function drawStage() {
  $("stage").dataset.state = shown.state;
  $("verdict").textContent = words(shown);
  const probably = shown.answer?.probably;
  $("probably").hidden = !probably;
  $("probably").textContent = probably ?? "";
  const notes = shown.answer?.notes;
  $("name").textContent = shown.file.name;
  $("noted").hidden = !notes;
  $("noted").textContent = notes ? `Note: ${notes}.` : "";
  $("where").hidden = !shown.answer;
  $("scores").replaceChildren(...ranked(shown).slice(0, 5).map(bar));
}

/** The labels of an image and their scores, the best first. */
const ranked = (image) => Object.entries(image.answer?.scores ?? {}).sort((a, b) => b[1] - a[1]);

function bar([label, score]) {
  const item = document.createElement("li");
  const part = (name, text = "") => {
    const element = document.createElement("span");
    element.className = name;
    element.textContent = text;
    return element;
  };
  const [track, fill] = [document.createElement("div"), document.createElement("div")];
  track.className = "track";
  fill.className = "fill";
  track.append(fill);
  item.append(part("label", label), part("number", `${(100 * score).toFixed(1)} %`), track);
  requestAnimationFrame(() => (fill.style.width = `${100 * score}%`));
  return item;
}

/** What is said while it is found out where the evidence lies, of which a part is done. */
const looking = (part) => (part > 0 ? `Looking closer… ${Math.round(100 * part)} %` : "Looking closer…");

/** Shows or hides where the evidence lies. */
async function showHeat(wanted) {
  const [button, heat, image] = [$("where"), $("heat"), shown];
  const settle = (there, busy = false) => {
    button.setAttribute("aria-pressed", String(there));
    // Not disabled, which would take the keyboard away from it.
    button.setAttribute("aria-disabled", String(busy));
    button.textContent = busy ? looking(0) : "Show where";
    heat.hidden = $("legend").hidden = !there;
  };
  if (!wanted) return settle(false);
  if (!image.heat) {
    settle(false, true);
    try {
      const told = (part) => image === shown && button.ariaDisabled === "true" && (button.textContent = looking(part));
      image.heat = URL.createObjectURL(await engine.heatmap(image.sent, told));
    } catch (error) {
      if (image === shown) $("verdict").textContent = `Sorry: ${error.message}.`;
    }
  }
  // Another image may have been chosen meanwhile.
  if (image !== shown) return;
  settle(Boolean(image.heat));
  if (!image.heat) return;
  heat.src = image.heat;
  $("evidence").textContent = `What speaks for ${ranked(image)[0][0]}:`;
}

function toggleHeat() {
  const button = $("where");
  if (!button.hidden && button.getAttribute("aria-disabled") !== "true") showHeat($("heat").hidden);
}

// Choosing.
for (const input of [$("file"), $("snapshot")]) {
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
}
// A click on the image does what the button does.
for (const id of ["where", "frame"]) $(id).addEventListener("click", toggleHeat);
$("image").addEventListener("error", () => {
  $("image").hidden = true;
  $("no-preview").hidden = false;
});
$("image").addEventListener("load", () => ($("no-preview").hidden = true));

/** Takes in what was dropped or pasted, or says why not. */
const bring = (transfer) => carried(transfer, MOST).then(({ files, note }) => take(files, note));

// Dropping, anywhere.
let depth = 0;
const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
addEventListener("dragenter", (event) => {
  if (!holdsFiles(event)) return;
  depth++;
  document.body.classList.add("dragging");
});
addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1);
  if (depth === 0) document.body.classList.remove("dragging");
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  document.body.classList.remove("dragging");
  bring(event.dataTransfer);
});

// Pasting.
addEventListener("paste", (event) => bring(event.clipboardData));

// Saving.
$("save").addEventListener("click", () => {
  const answered = images.filter(({ state }) => state !== "asking");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table(answered)], { type: "text/tab-separated-values" }));
  link.download = "labels.tsv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  const open = images.length - answered.length;
  if (open > 0) tell(`The table is of the images that are answered. ${open} are not yet.`);
});

// The camera. Where a page may not use it, a phone's camera app can still be asked for an image.
let stream = null;
let opening = false;
$("camera").addEventListener("click", async () => {
  if (opening) return;
  opening = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    $("video").srcObject = stream;
    $("viewfinder").showModal();
  } catch (error) {
    tell(cameraless(error));
    if (matchMedia("(pointer: coarse)").matches) $("snapshot").click();
  }
  opening = false;
});
$("shoot").addEventListener("click", () => {
  const video = $("video");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob((blob) => {
    $("viewfinder").close();
    if (blob) take([new File([blob], "camera.jpg", { type: blob.type })]);
  }, "image/jpeg", 0.92);
});
$("close").addEventListener("click", () => $("viewfinder").close());
$("viewfinder").addEventListener("close", () => {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
});

// The keys that go back and forward in this visit: the latest image is the first of the list.
addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || $("viewfinder").open) return;
  const next = images[images.indexOf(shown) + by];
  if (!shown || !next) return;
  event.preventDefault();
  const follows = $("list").contains(document.activeElement);
  show(next);
  if (follows) next.item.firstChild.focus();
  next.item.scrollIntoView({ block: "nearest" });
});

// The labels and the base.
engine.about().then(({ title, labels, about, privacy, details }) => {
  $("title").textContent = title;
  document.title = title;
  const names = labels.map(({ name }) => name);
  const some = names.length > 12 ? [...names.slice(0, 12), `${names.length - 12} more`] : names;
  $("privacy").textContent = privacy;
  $("about").textContent = `It knows ${some.join(", ")}; ${about}.`;
  $("details").replaceChildren(...details.map(paragraph));
}, () => {});

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

// The engine. Images may be brought while it is not ready yet.
engine.begin((part) => {
  $("loading").hidden = part >= 1;
  $("loading").value = part;
}).catch((error) => {
  $("trouble").textContent = error.message;
  $("trouble").hidden = false;
}).finally(() => ($("loading").hidden = true));
