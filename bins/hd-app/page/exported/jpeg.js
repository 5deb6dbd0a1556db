// JPEG from the planes that it is kept in, brightness and two of colour, where a browser hands them out. Browsers and hd
// decode the same planes, and they round differently where colours, which have half the resolution, are spread over the
// pixels. That moves a score by 0.02 at times. Here it is done as hd does it.

import { orientationOf, upright } from "./orientation.js";
import { roundTiesEven } from "./resize.js";

/** How many pixels across and down share a colour, by the name of the format. */
const SHARED = { I420: [2, 2], I422: [2, 1], I444: [1, 1] };

/**
 * Feeds the rows of a JPEG at 1/`by` of its size, upright, to what `taker` gives for its size. Says whether it did: what has
 * no planes of these formats here, or has no end, is left to the browser.
 */
export async function paintJpeg(bytes, by, taker) {
  const { orientation, coloured, ended } = segments(bytes);
  const planes = coloured && ended && (await planesOf(bytes));
  if (!planes) return false;
  const size = { width: Math.ceil(planes[0].width / by), height: Math.ceil(planes[0].height / by) };
  const row = colours(planes, by, size);
  if (orientation === 1) {
    const rows = taker(size);
    for (let y = 0; y < size.height; y++) rows.push(row(y), 0, 3);
    return true;
  }
  const whole = new Uint8Array(size.width * size.height * 3);
  for (let y = 0; y < size.height; y++) whole.set(row(y), y * size.width * 3);
  upright(whole, size, orientation, taker);
  return true;
}

/**
 * The orientation that the first EXIF of a JPEG gives that gives one, whether it has the three components that planes of
 * colour need, and whether its codes have an end.
 */
function segments(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [orientation, coloured, ended] = [0, false, false];
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff; ) {
    const [marker, length] = [bytes[at + 1], view.getUint16(at + 2)];
    const isExif = marker === 0xe1 && view.getUint32(at + 4) === 0x45786966;
    if (isExif) orientation ||= orientationOf(bytes.subarray(at + 4, at + 2 + length));
    if (marker >= 0xc0 && marker <= 0xc2) coloured = bytes[at + 9] === 3;
    at += marker === 0xff ? 1 : length + 2;
    if (marker === 0xda) {
      ended = hasEnd(bytes, at);
      break;
    }
  }
  return { orientation: orientation || 1, coloured, ended };
}

/** Within codes every byte 0xff is followed by a zero, but for the marks. */
function hasEnd(bytes, from) {
  for (let at = bytes.length - 2; at >= from; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  return false;
}

/** Brightness, blue and red of a JPEG, as planes of bytes; null where the browser has no such planes. */
async function planesOf(bytes) {
  if (!globalThis.ImageDecoder) return null;
  let decoder, image;
  try {
    decoder = new ImageDecoder({ type: "image/jpeg", data: bytes, colorSpaceConversion: "none" });
    ({ image } = await decoder.decode());
    const shared = SHARED[image.format];
    if (!shared) return null;
    const { width, height } = image.visibleRect;
    const all = new Uint8Array(image.allocationSize());
    const places = await image.copyTo(all);
    return places.map(({ offset, stride }, index) => {
      const [across, down] = index === 0 ? [1, 1] : shared;
      const size = { width: Math.ceil(width / across), height: Math.ceil(height / down) };
      return { ...size, stride, across, down, bytes: all.subarray(offset) };
    });
  } catch {
    return null;
  } finally {
    image?.close();
    decoder?.close();
  }
}

/** A function that gives the rows of pixels of an image in planes. Source of the factors: JFIF 1.02, in 14 bits. */
function colours(planes, by, { width }) {
  const [brightness, blue, red] = planes.map((plane) => atSize(plane, by));
  return (y) => {
    const [light, cb, cr] = [brightness(y), blue(y), red(y)];
    const row = new Uint8ClampedArray(width * 3);
    for (let x = 0, to = 0; x < width; x++, to += 3) {
      const [level, b, r] = [light[x] * 16384 + 8191, cb[x] - 128, cr[x] - 128];
      row[to] = (level + 22970 * r) >> 14;
      row[to + 1] = (level - 11700 * r - 5638 * b) >> 14;
      row[to + 2] = (level + 29032 * b) >> 14;
    }
    return row;
  };
}

/** A function that gives the rows of a plane in an image of 1/`by` of its size. */
function atSize(plane, by) {
  const { across, down } = plane;
  if (across === down && by >= across) return reduced(plane, by / across);
  const smaller = { width: Math.ceil(plane.width / by), height: Math.ceil(plane.height / by) };
  // At an eighth, of which a block is one sample, libjpeg repeats samples.
  return spread(reduced(plane, by), smaller, down, by === 8 ? 4 : 3);
}

/** A function that gives the rows of a plane in which each sample is the mean of `by` times `by`. */
function reduced({ bytes, stride, width, height }, by) {
  if (by === 1) return (y) => bytes.subarray(y * stride, y * stride + width);
  const shift = Math.log2(by);
  return (y) => {
    const [top, foot] = [y * by, Math.min(height, (y + 1) * by)];
    const sums = new Uint32Array(Math.ceil(width / by));
    for (let line = top; line < foot; line++) {
      for (let x = 0, at = line * stride; x < width; x++, at++) sums[x >> shift] += bytes[at];
    }
    // Halves come often, and to round all of them up would make the whole image brighter.
    return sums.map((sum, x) => roundTiesEven(sum / ((foot - top) * Math.min(by, width - x * by))));
  };
}

/**
 * A function that gives the rows of a plane at twice its size across, and `down` times its size down: a sample counts `own`
 * times of four, and the one beside it the rest.
 */
function spread(row, { width, height }, down, own) {
  const mix = (near, far) => (own * near + (4 - own) * far + 2) >> 2;
  const between = (y) => {
    if (down === 1) return row(y);
    const middle = y >> 1;
    const beside = Math.min(height - 1, Math.max(0, y % 2 ? middle + 1 : middle - 1));
    const [near, far] = [row(middle), row(beside)];
    return near.map((sample, x) => mix(sample, far[x]));
  };
  return (y) => {
    const line = between(y);
    const wide = new Uint8Array(width * 2);
    for (let x = 0; x < width; x++) {
      wide[x * 2] = mix(line[x], line[Math.max(0, x - 1)]);
      wide[x * 2 + 1] = mix(line[x], line[Math.min(width - 1, x + 1)]);
    }
    return wide;
  };
}
