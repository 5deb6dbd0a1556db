// Where in an image the evidence for a label lies, as shared/hd/src/label/heatmap.rs finds it out: a square is hidden under
// the mean colour, and the network is asked again.

import { AS_IN_FILE } from "./decode.js";
import { region } from "./resize.js";

const CELLS = 8; // Across and down; the hidden square is two of them wide.
const LONGEST = 800; // The longer side of a painted image is no longer.
const WEAK = 1; // In nats: weaker evidence is painted as weakly as it is.
const COLOURS = [[20, 8, 60], [110, 20, 110], [205, 45, 75], [250, 140, 20], [252, 250, 130]];

/** The evidence in each cell, row by row; `run` gives the scores of an input, and `told` hears how much is done, from 0 to 1. */
export async function evidence(rule, pixels, run, told) {
  const scores = await run(pixels);
  const label = scores.indexOf(Math.max(...scores));
  const whole = logOdds(scores, label);
  const worth = new Float32Array(CELLS * CELLS);
  const borders = Array.from({ length: CELLS + 1 }, (_, border) => border);
  const mean = meanPixel(pixels);
  for (const top of borders) {
    for (const left of borders) {
      const [rows, columns] = [around(top), around(left)];
      const lost = whole - logOdds(await run(hidden(rule, pixels, mean, rows, columns)), label);
      for (let row = rows[0]; row < rows[1]; row++) {
        for (let column = columns[0]; column < columns[1]; column++) worth[row * CELLS + column] += lost / 4;
      }
    }
    told((top + 1) / borders.length);
  }
  return worth;
}

/** The cells before and behind a border between cells. */
const around = (border) => [Math.max(0, border - 1), Math.min(border + 1, CELLS)];

/** ln(p / (1 - p)), from the other probabilities where p itself is too near to 1 to tell. */
function logOdds(scores, label) {
  const all = scores.reduce((sum, score) => sum + score, 0);
  const others = scores.reduce((sum, score, at) => (at === label ? sum : sum + score), 0);
  const [p, q] = [scores[label], others].map((part) => Math.max(part / all, 1e-12));
  return Math.log(p / q);
}

function meanPixel(pixels) {
  const sums = [0, 0, 0];
  for (let at = 0; at < pixels.length; at++) sums[at % 3] += pixels[at];
  const round = pixels instanceof Uint8Array ? Math.round : Math.fround;
  return sums.map((sum) => round(sum / (pixels.length / 3)));
}

function hidden({ width, height }, pixels, mean, rows, columns) {
  const copy = pixels.slice();
  const within = (cells, side) => cells.map((cell) => Math.floor((cell * side) / CELLS));
  const [[top, foot], [left, right]] = [within(rows, height), within(columns, width)];
  for (let y = top; y < foot; y++) {
    for (let x = left; x < right; x++) copy.set(mean, (y * width + x) * 3);
  }
  return copy;
}

/** The image in a file in grey, and the evidence upon it in colours, as a PNG. `size` is that of the image. */
export async function painted(file, size, rule, worth) {
  const shrink = Math.min(1, LONGEST / Math.max(size.width, size.height));
  const [width, height] = [size.width, size.height].map((side) => Math.max(1, Math.round(side * shrink)));
  const smaller = { resizeWidth: width, resizeHeight: height, resizeQuality: "high" };
  const bitmap = await createImageBitmap(file, { ...AS_IN_FILE, ...smaller });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const image = context.getImageData(0, 0, width, height);
  colour(image, size, region(rule, size), worth);
  context.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

function colour({ data, width, height }, size, seen, worth) {
  const strongest = worth.reduce((most, one) => Math.max(most, one), WEAK);
  const place = (at, shrink, start, length) => (((at + 0.5) / shrink - start) / Math.max(1, length)) * CELLS - 0.5;
  for (let y = 0, at = 0; y < height; y++) {
    const down = place(y, height / size.height, seen.top, seen.height);
    for (let x = 0; x < width; x++, at += 4) {
      const across = place(x, width / size.width, seen.left, seen.width);
      const heat = Math.min(1, Math.max(0, between(worth, down, across) / strongest));
      const grey = 0.55 * (0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]);
      const cover = 0.75 * Math.sqrt(heat);
      const hue = colourOf(heat);
      for (let i = 0; i < 3; i++) data[at + i] = Math.round(grey * (1 - cover) + hue[i] * cover);
    }
  }
}

const mix = (a, b, share) => a + (b - a) * share;

/** The evidence at a place between the middles of cells; at the edges that of the nearest. */
function between(worth, down, across) {
  const last = CELLS - 1;
  const [y, x] = [down, across].map((at) => Math.min(last, Math.max(0, at)));
  const [row, column] = [Math.floor(y), Math.floor(x)];
  const at = (row, column) => worth[Math.min(row, last) * CELLS + Math.min(column, last)];
  const upper = mix(at(row, column), at(row, column + 1), x - column);
  return mix(upper, mix(at(row + 1, column), at(row + 1, column + 1), x - column), y - row);
}

/** The colour of a heat from 0 to 1. */
function colourOf(heat) {
  const place = heat * (COLOURS.length - 1);
  const [from, to] = [COLOURS[Math.floor(place)], COLOURS[Math.floor(place) + 1] ?? COLOURS.at(-1)];
  return from.map((value, i) => mix(value, to[i], place % 1));
}
