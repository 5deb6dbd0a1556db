// What there is to note on an image that is answered all the same, as shared/photo/src/decoded.rs finds it.

const FILLING = [128, 128, 128]; // The grey that decoders of JPEG paint where nothing is known.
const SPARSE = 13; // One pixel in so many is enough to see how many are filled in.

/** What `rows` makes of an image of this size, and a `note` on what was pushed: "uniform", "filled", or none. */
export function noted(rows, { width, height }) {
  const pixels = width * height;
  let [uniform, filled, count, first] = [pixels > 1, 0, 0, null];
  return {
    push(bytes, at, step) {
      const is = (place, colour) => colour.every((level, channel) => bytes[place + channel] === level);
      first ??= [...bytes.subarray(at, at + 3)];
      for (let x = 0; x < width && uniform; x++) uniform = is(at + x * step, first);
      for (let x = (SPARSE - (count % SPARSE)) % SPARSE; x < width; x += SPARSE) filled += is(at + x * step, FILLING);
      count += width;
      rows.push(bytes, at, step);
    },
    result: rows.result,
    note: () => (uniform ? "uniform" : filled * SPARSE * 10 > pixels * 9 ? "filled" : undefined),
  };
}
