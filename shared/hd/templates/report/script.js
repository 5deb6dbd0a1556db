"use strict";

// The page is for reading without this. What it adds: corrections as a file, and cells that open in browsers that do
// not open what a link leads into.

const selects = [...document.querySelectorAll("select[data-path]")];
const earlier = [...document.querySelectorAll("data[data-path]")];

/** The bytes that a text of hexadecimal digits stands for. */
function bytes(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** The table of corrections, those in use among them: paths may hold any byte. */
function corrections() {
  const text = new TextEncoder();
  const chosen = selects.filter((select) => select.value);
  const again = new Set(chosen.map((select) => select.dataset.path));
  const all = [...earlier.filter((data) => !again.has(data.dataset.path)), ...chosen];
  const lines = all.flatMap((one) => [bytes(one.dataset.path), text.encode(`\t${one.value}\n`)]);
  return new Blob([text.encode("path\tlabel\n"), ...lines], { type: "text/tab-separated-values" });
}

function tell() {
  const count = selects.filter((select) => select.value).length;
  const images = count === 1 ? "1 image" : `${count} images`;
  document.getElementById("corrected").textContent = count ? `${images} corrected.` : "Nothing is corrected yet.";
  document.getElementById("save").disabled = count === 0;
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(corrections());
  link.download = "corrections.tsv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function open() {
  document.getElementById(location.hash.slice(1))?.closest("details")?.setAttribute("open", "");
}

if (selects.length) {
  document.getElementById("corrections").hidden = false;
  document.getElementById("save").addEventListener("click", save);
  for (const select of selects) select.addEventListener("change", tell);
  tell();
}
addEventListener("hashchange", open);
open();
