// From a file to rows of pixels, upright and over white.

import { paintJpeg } from "./jpeg.js";
import { paintPng, sizeOfPng } from "./png.js";
import { recognise } from "./recognise.js";
import { Refusal } from "./refusal.js";

const MOST = 2 ** 28; // Pixels, as hd has it.
const BAND = 2 ** 20; // Pixels that are taken out of a bitmap at a time.
const REDUCTIONS = [8, 4, 2];

/** A bitmap has the values of the file, as hd sees them, and is turned as the file says. */
export const AS_IN_FILE = { imageOrientation: "from-image", colorSpaceConversion: "none" };

/**
 * Feeds the rows of the image in a file to what `taker` gives for its size. `seen` is the size that the browser knows, 0 x 0
 * where it cannot decode it. A large JPEG is reduced on the way as far as hd reduces it for a network that sees `rule`.
 */
export async function decode(file, seen, rule, taker) {
  const kind = recognise(new Uint8Array(await file.slice(0, 1024).arrayBuffer()));
  if (kind === "PNG") {
    const bytes = new Uint8Array(await file.arrayBuffer());
    check(sizeOfPng(bytes));
    return paintPng(bytes, taker);
  }
  check(seen);
  const by = kind === "JPEG" ? reduction(seen, rule) : 1;
  // TensorFlow's pixels are those of libjpeg, and so are a browser's.
  const asHd = kind === "JPEG" && rule.filter !== "legacy-bilinear";
  if (asHd && (await paintJpeg(new Uint8Array(await file.arrayBuffer()), by, taker))) return;
  const bitmap = await bitmapOf(file, kind, seen, by);
  try {
    paint(bitmap, kind, taker);
  } finally {
    bitmap.close();
  }
}

function check({ width, height }) {
  if (width * height > MOST) throw new Refusal(`${width} x ${height} pixels are more than the limit`);
}

/** How many times smaller a JPEG is made while it is decoded. */
function reduction({ width, height }, rule) {
  if (rule.filter === "legacy-bilinear" || rule["full-decode"]) return 1;
  const shorter = rule.resize["centre-crop"]?.["shorter-side"] ?? Math.max(rule.width, rule.height);
  return REDUCTIONS.find((by) => Math.floor(Math.min(width, height) / by) >= 2 * shorter) ?? 1;
}

async function bitmapOf(file, kind, { width, height }, by) {
  const [resizeWidth, resizeHeight] = [width, height].map((side) => Math.ceil(side / by));
  const smaller = by > 1 ? { resizeWidth, resizeHeight, resizeQuality: "medium" } : {};
  try {
    return await createImageBitmap(file, { ...AS_IN_FILE, ...smaller });
  } catch {
    const reason = width > 0 ? `this browser cannot decode this ${kind}` : `this browser cannot decode ${kind} images`;
    throw new Refusal(kind === "JPEG" ? "corrupt JPEG: it cannot be decoded" : reason);
  }
}

/** Hands out the rows of a bitmap, of which some are in a canvas at a time. */
function paint(bitmap, kind, taker) {
  const { width, height } = bitmap;
  const rows = taker({ width, height });
  const most = Math.max(1, Math.min(height, Math.floor(BAND / width)));
  const canvas = new OffscreenCanvas(width, most);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < height; top += most) {
    const count = Math.min(most, height - top);
    context.clearRect(0, 0, width, count);
    context.fillStyle = "#fff";
    // What is not there of a JPEG stays transparent.
    if (kind !== "JPEG") context.fillRect(0, 0, width, count);
    context.drawImage(bitmap, 0, -top);
    const { data } = context.getImageData(0, 0, width, count);
    for (let row = 0; row < count; row++) rows.push(data, row * width * 4, 4);
    if (data[data.length - 1] === 0) throw new Refusal("corrupt JPEG: it ends too early");
  }
}
