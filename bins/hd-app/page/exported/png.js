// PNG, decoded here and not by the browser, which rounds samples of 16 bits and half transparent colours in its own way.
// So the pixels are those of hd, in every browser. Source: the PNG specification, third edition.

import { Refusal } from "./refusal.js";
import { orientationOf, upright } from "./orientation.js";

const SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }; // By the type of colours.
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

const corrupt = (reason) => new Refusal(`corrupt PNG: ${reason}`);
const cutShort = () => corrupt("it ends too early");

/** Feeds the rows of a PNG, upright and over white, to what `taker` gives for its size. */
export async function paintPng(bytes, taker) {
  const png = chunks(bytes);
  const turned = png.orientation !== 1;
  const whole = turned || png.interlaced ? new Uint8Array(png.width * png.height * 3) : null;
  const rows = whole ? null : taker(png);
  await lines(png, (line, { left, top, across, down, width }, y) => {
    const row = over(png, line, width);
    if (!whole) return rows.push(row, 0, 3);
    const begin = (top + y * down) * png.width + left;
    for (let x = 0; x < width; x++) {
      const to = (begin + x * across) * 3;
      for (let channel = 0; channel < 3; channel++) whole[to + channel] = row[x * 3 + channel];
    }
  });
  if (whole) upright(whole, png, png.orientation, taker);
}

/** The columns and rows of a PNG, as they are in the file. */
export const sizeOfPng = (bytes) => (({ width, height }) => ({ width, height }))(chunks(bytes));

function chunks(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const png = { data: [], orientation: 1 };
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    at += length + 12;
    if (kind === "IDAT") png.data.push(body);
    if (body.length < length) break;
    if (kind === "IHDR" && length === 13) header(png, view, at - 17);
    if (kind === "PLTE") png.palette = body;
    if (kind === "tRNS") png.transparent = body;
    if (kind === "eXIf") png.orientation = orientationOf(body) || 1;
    if (kind === "IEND") break;
  }
  if (!png.width || !png.height || png.data.length === 0) throw cutShort();
  return png;
}

function header(png, view, at) {
  [png.width, png.height] = [view.getUint32(at), view.getUint32(at + 4)];
  [png.bits, png.colours, png.interlaced] = [view.getUint8(at + 8), view.getUint8(at + 9), view.getUint8(at + 12) === 1];
  if (!SAMPLES[png.colours] || ![1, 2, 4, 8, 16].includes(png.bits)) throw corrupt("its header makes no sense");
}

/** The parts that a PNG is sent in: all of it, or seven that are finer and finer. */
function passes({ width, height, interlaced }) {
  const all = interlaced ? ADAM7 : [[0, 0, 1, 1]];
  const part = ([left, top, across, down]) => ({
    left,
    top,
    across,
    down,
    width: Math.ceil((width - left) / across),
    height: Math.ceil((height - top) / down),
  });
  return all.map(part).filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Hands out the lines of each pass, without their filters. */
async function lines(png, give) {
  const bits = png.bits * SAMPLES[png.colours];
  const back = Math.max(1, bits >> 3);
  const read = inflated(png.data);
  for (const pass of passes(png)) {
    let above = new Uint8Array(Math.ceil((pass.width * bits) / 8));
    for (let y = 0; y < pass.height; y++) {
      const line = await read(above.length + 1);
      const row = line.subarray(1);
      unfilter(line[0], row, above, back);
      give(row, pass, y);
      above = row;
    }
  }
}

/** A function that gives the next so many bytes of a stream. */
function inflated(parts) {
  const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  let [have, at] = [new Uint8Array(0), 0];
  return async (count) => {
    const bytes = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      if (at === have.length) {
        const { value, done } = await reader.read().catch(() => ({ done: true }));
        if (done) throw cutShort();
        [have, at] = [value, 0];
      }
      const some = have.subarray(at, at + count - filled);
      bytes.set(some, filled);
      filled += some.length;
      at += some.length;
    }
    return bytes;
  };
}

function unfilter(kind, row, above, back) {
  if (kind > 4) throw corrupt("its pixels make no sense");
  if (kind === 1) for (let x = back; x < row.length; x++) row[x] += row[x - back];
  if (kind === 2) for (let x = 0; x < row.length; x++) row[x] += above[x];
  if (kind === 3) for (let x = 0; x < row.length; x++) row[x] += ((x < back ? 0 : row[x - back]) + above[x]) >> 1;
  if (kind !== 4) return;
  for (let x = 0; x < row.length; x++) {
    const left = x < back ? 0 : row[x - back];
    row[x] += paeth(left, above[x], x < back ? 0 : above[x - back]);
  }
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const a = Math.abs(guess - left);
  const b = Math.abs(guess - up);
  const c = Math.abs(guess - corner);
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** A line in red, green and blue, with transparency laid over white. */
function over(png, line, width) {
  const { bits, colours, palette, transparent } = png;
  if (bits === 8 && colours === 2 && !transparent) return line;
  const count = SAMPLES[colours];
  const sample = reader(line, bits);
  const level = levels(bits);
  const row = new Uint8Array(width * 3);
  const key = transparent && colours < 3 ? reader(transparent, 16) : null;
  for (let x = 0, at = 0, to = 0; x < width; x++, at += count, to += 3) {
    const first = sample(at);
    if (colours === 3) {
      const alpha = transparent?.[first] ?? 255;
      for (let i = 0; i < 3; i++) row[to + i] = onWhite(palette?.[first * 3 + i] ?? 0, alpha);
      continue;
    }
    const second = count < 3 ? first : sample(at + 1);
    const third = count < 3 ? first : sample(at + 2);
    let alpha = colours > 3 ? level(sample(at + count - 1)) : 255;
    if (key && first === key(0) && (count === 1 || (second === key(1) && third === key(2)))) alpha = 0;
    row[to] = onWhite(level(first), alpha);
    row[to + 1] = onWhite(level(second), alpha);
    row[to + 2] = onWhite(level(third), alpha);
  }
  return row;
}

const onWhite = (level, alpha) => (alpha === 255 ? level : ((level * alpha + 255 * (255 - alpha) + 127) / 255) | 0);

/** What a sample is in 8 bits: of 16 they are rounded, and fewer are spread. */
function levels(bits) {
  if (bits === 8) return (value) => value;
  if (bits === 16) return (value) => ((value + 128) / 257) | 0;
  const most = 2 ** bits - 1;
  return (value) => ((value * 255) / most) | 0;
}

/** A function that gives the sample of this number in a line. */
function reader(line, bits) {
  if (bits === 8) return (index) => line[index];
  if (bits === 16) return (index) => (line[index * 2] << 8) | line[index * 2 + 1];
  const mask = 2 ** bits - 1;
  return (index) => (line[(index * bits) >> 3] >> (8 - bits - ((index * bits) & 7))) & mask;
}
