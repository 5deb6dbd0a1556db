// The EXIF orientation, for what is decoded here. The browser turns what it decodes by itself.

/** The orientation in a block of EXIF, from 1 to 8; 0 where it says nothing that makes sense. */
export function orientationOf(block) {
  const prefix = [69, 120, 105, 102, 0, 0].every((byte, at) => block[at] === byte) ? 6 : 0;
  const view = new DataView(block.buffer, block.byteOffset + prefix, block.byteLength - prefix);
  try {
    const little = view.getUint8(0) === 73;
    let at = view.getUint32(4, little);
    for (let left = view.getUint16(at, little); left > 0; left--, at += 12) {
      if (view.getUint16(at + 2, little) !== 0x112) continue;
      const long = view.getUint16(at + 4, little) === 4;
      const value = long ? view.getUint32(at + 10, little) : view.getUint16(at + 10, little);
      return value >= 1 && value <= 8 ? value : 0;
    }
  } catch {
    // It ends too early.
  }
  return 0;
}

/** Feeds the rows of an image in RGB, turned upright, to what `taker` gives for its size. */
export function upright(pixels, { width, height }, orientation, taker) {
  const [wide, high] = orientation > 4 ? [height, width] : [width, height];
  const rows = taker({ width: wide, height: high });
  const [right, foot] = [width - 1, height - 1];
  const place = {
    1: (x, y) => [x, y],
    2: (x, y) => [right - x, y],
    3: (x, y) => [right - x, foot - y],
    4: (x, y) => [x, foot - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, foot - x],
    7: (x, y) => [right - y, foot - x],
    8: (x, y) => [right - y, x],
  }[orientation];
  const row = new Uint8Array(wide * 3);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const [column, line] = place(x, y);
      const from = (line * width + column) * 3;
      for (let channel = 0; channel < 3; channel++) row[x * 3 + channel] = pixels[from + channel];
    }
    rows.push(row, 0, 3);
  }
}
