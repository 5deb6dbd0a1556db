// The kind of image that a file holds, by how it begins: as shared/photo/src/recognise.rs, since what hd refuses this page
// refuses too, in the same words.

import { Refusal } from "./refusal.js";

const text = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to));

/** Kinds that nobody decodes here, though a browser may. */
const UNDECODABLE = [
  ["Canon raw", (b) => text(b, 4, 12) === "ftypcrx "],
  ["JPEG XL", (b) => text(b, 0, 2) === "\xff\x0a" || text(b, 0, 8) === "\0\0\0\x0cJXL "],
  ["JPEG 2000", (b) => text(b, 0, 4) === "\xff\x4f\xff\x51" || text(b, 0, 8) === "\0\0\0\x0cjP  "],
  ["Photoshop", (b) => text(b, 0, 4) === "8BPS"],
  ["PDF", (b) => text(b, 0, 4) === "%PDF"],
  ["PostScript", (b) => text(b, 0, 4) === "%!PS"],
  ["SVG", (b) => /^(\xef\xbb\xbf)?\s*</.test(text(b, 0, 1024)) && text(b, 0, 1024).includes("<svg")],
  ["DDS", (b) => text(b, 0, 4) === "DDS "],
  ["Radiance HDR", (b) => text(b, 0, 10) === "#?RADIANCE"],
  ["OpenEXR", (b) => text(b, 0, 4) === "\x76\x2f\x31\x01"],
  ["farbfeld", (b) => text(b, 0, 8) === "farbfeld"],
];

const DECODABLE = [
  ["JPEG", (b) => text(b, 0, 3) === "\xff\xd8\xff"],
  ["PNG", (b) => text(b, 0, 8) === "\x89PNG\r\n\x1a\n"],
  ["GIF", (b) => /^GIF8[79]a/.test(text(b, 0, 6))],
  ["WebP", (b) => text(b, 0, 4) === "RIFF" && text(b, 8, 12) === "WEBP"],
  ["BMP", (b) => text(b, 0, 2) === "BM"],
  ["ICO", (b) => /^\0\0[\x01\x02]\0/.test(text(b, 0, 4)) && b[4] + b[5] > 0],
  ["TIFF", (b) => /^(II[*+]\0|MM\0[*+])/.test(text(b, 0, 4))],
  ["PNM", (b) => /^P[1-7]/.test(text(b, 0, 2))],
  ["QOI", (b) => text(b, 0, 4) === "qoif"],
  ["AVIF", (b) => /avi[fs]/.test(brands(b))],
  ["HEIC", (b) => /hei[cxms]|hev[cx]/.test(brands(b))],
];

/** The brands of a file in the ISO base media format. */
function brands(bytes) {
  if (text(bytes, 4, 8) !== "ftyp") return "";
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return text(bytes, 8, Math.min(length, 256));
}

/** The kind of image in a file that begins like this; a kibibyte is enough. */
export function recognise(bytes) {
  if (bytes.length === 0) throw new Refusal("the file is empty");
  const begins = ([, test]) => test(bytes);
  const refused = UNDECODABLE.find(begins);
  if (refused) throw new Refusal(`${refused[0]} images cannot be decoded`);
  const known = DECODABLE.find(begins);
  if (!known) throw new Refusal("not an image");
  return known[0];
}
