// Large photos, made smaller before they go up: a network sees much less of them, and a server has limits.

const BYTES = 16 << 20; // A file of more is reduced,
const PIXELS = 24e6; // and an image of more,
const LEFT = 12e6; // to so many.
const FEW = 1e6; // And to so many where a server takes fewer bytes than that.
const QUALITY = 0.92;

/** The image in a file as it goes up: a large one reduced and upright, any other as it is. */
export async function reduced(file) {
  const { width, height } = await sizeOf(file);
  const large = width * height > PIXELS || (width > 0 && file.size > BYTES);
  return large ? inTurn(file, LEFT) : file;
}

/** The same in so few pixels that hardly a server refuses it. */
export const smallest = (file) => inTurn(file, FEW);

/** One at a time, since each takes four bytes a pixel on the way. */
let turn = Promise.resolve();
function inTurn(file, pixels) {
  // What this browser cannot decode goes up as it is, and the server has the last word.
  return (turn = turn.then(() => inPixels(file, pixels)).catch(() => file));
}

/** The size of an image, which is not decoded for it; 0 x 0 where this browser does not know. */
export async function sizeOf(file) {
  const image = new Image();
  const url = URL.createObjectURL(file);
  const known = new Promise((done) => {
    image.onload = image.onerror = done;
  });
  image.src = url;
  await known;
  URL.revokeObjectURL(url);
  return { width: image.naturalWidth, height: image.naturalHeight };
}

/** `size` at no more than `most` pixels. */
function within(most, { width, height }) {
  const scale = Math.min(1, Math.sqrt(most / (width * height)));
  return [width, height].map((side) => Math.max(1, Math.round(side * scale)));
}

/** The image in no more than so many pixels, as JPEG, upright and on white. */
async function inPixels(file, most) {
  const [resizeWidth, resizeHeight] = within(most, await sizeOf(file));
  const bitmap = await createImageBitmap(file, {
    imageOrientation: "from-image",
    colorSpaceConversion: "none", // The values as they are in the file, which is how the programs see them.
    resizeWidth,
    resizeHeight,
    resizeQuality: "high",
  });
  const canvas = document.createElement("canvas");
  // Not every browser has resized it by now.
  [canvas.width, canvas.height] = within(most, bitmap);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  canvas.width = canvas.height = 0;
  return blob ? new File([blob], file.name, { type: blob.type }) : file;
}
