// The resizing of hd to the bit, row by row: the filters of shared/photo/src/resize.rs in the arithmetic of the crate that
// computes them there. Rows are pushed as they are decoded, so that no image has to be in memory as a whole.

/** The part of an image that a rule takes, in pixels: { left, top, width, height }. */
export function region({ width, height, resize }, image) {
  if (resize === "squash") return { left: 0, top: 0, width: image.width, height: image.height };
  const shorter = Math.min(image.width, image.height);
  const crop = (side, wanted) => {
    const resized = Math.floor((resize["centre-crop"]["shorter-side"] * side) / shorter);
    return [(roundTiesEven((resized - wanted) / 2) * side) / resized, (wanted * side) / resized];
  };
  const [left, partWidth] = crop(image.width, width);
  const [top, partHeight] = crop(image.height, height);
  return { left, top, width: partWidth, height: partHeight };
}

/** The nearest whole number; of two that are as near, the even one. */
export function roundTiesEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** What makes the input of a network from the rows of an image: `push` takes them from the top down, `result` is the input. */
export const resizer = (rule, image) =>
  (rule.filter === "legacy-bilinear" ? legacyBilinear : antialiased)(rule, region(rule, image), image);

const clip = (level) => Math.min(255, Math.max(0, level));

/**
 * The triangles over `size` pixels that make `count` of the `extent` of them from `start` on, as whole numbers that were
 * multiplied by two to the power `precision`. Null where the pixels are taken as they are.
 */
function triangles(size, start, extent, count) {
  if (extent === count && start === Math.round(start)) return null;
  const scale = (start + extent - start) / count;
  const reach = Math.max(scale, 1);
  const parts = [];
  for (let index = 0; index < count; index++) {
    const centre = start + (index + 0.5) * scale;
    let from = Math.max(0, Math.floor(centre - reach));
    const to = Math.min(size, Math.ceil(centre + reach));
    const weights = [];
    for (let at = from; at < to; at++) {
      const away = Math.abs((at - (centre - 0.5)) * (1 / reach));
      const weight = away < 1 ? 1 - away : 0;
      if (weight === 0 && weights.length === 0) from++;
      else weights.push(weight);
    }
    while (weights.at(-1) === 0) weights.pop();
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    parts.push({ from, weights: weights.map((weight) => weight / total) });
  }
  return inWholeNumbers(parts);
}

/** As many binary digits as 16 bits have for the largest weight. */
function inWholeNumbers(parts) {
  const most = parts.reduce((most, { weights }) => Math.max(most, ...weights), 0);
  let precision = 0;
  while (precision < 21 && Math.round(most * 2 ** (precision + 1)) < 2 ** 15) precision++;
  const whole = ({ from, weights }) => ({
    from,
    to: from + weights.length,
    weights: Int16Array.from(weights, (weight) => Math.round(weight * 2 ** precision)),
  });
  return { precision, parts: parts.map(whole) };
}

/** Pillow's rule: a triangle that widens with the reduction, first down and then across, rounded to bytes after each. */
function antialiased({ width, height }, part, image) {
  const down = triangles(image.height, part.top, part.height, height);
  const across = triangles(image.width, part.left, part.width, width);
  const result = new Uint8Array(width * height * 3);
  const sums = new Map();
  const values = image.width * 3;
  let y = 0;
  let first = 0;

  /** One row of the image for all rows of the result that it is a part of. */
  function add(bytes, at, step) {
    for (let index = first; index < height && down.parts[index].from <= y; index++) {
      const { from, to, weights } = down.parts[index];
      if (y >= to) continue;
      if (!sums.has(index)) sums.set(index, new Int32Array(values).fill(2 ** (down.precision - 1)));
      const sum = sums.get(index);
      const weight = weights[y - from];
      for (let value = 0, place = at; value < values; value += 3, place += step) {
        sum[value] += weight * bytes[place];
        sum[value + 1] += weight * bytes[place + 1];
        sum[value + 2] += weight * bytes[place + 2];
      }
      if (y === to - 1) finish(index, sum);
    }
    while (first < height && down.parts[first].to <= y + 1) first++;
  }

  function finish(index, sum) {
    sums.delete(index);
    for (let at = 0; at < values; at++) sum[at] = clip(sum[at] >> down.precision);
    narrow(index, sum, 0, 3);
  }

  /** A row of the image's width into one of the result. */
  function narrow(index, bytes, at, step) {
    let to = index * width * 3;
    for (let x = 0; x < width; x++) {
      if (!across) {
        const from = at + (part.left + x) * step;
        for (let channel = 0; channel < 3; channel++) result[to++] = bytes[from + channel];
        continue;
      }
      const { from, weights } = across.parts[x];
      let [red, green, blue] = [0, 0, 0].fill(2 ** (across.precision - 1));
      for (let tap = 0, place = at + from * step; tap < weights.length; tap++, place += step) {
        red += weights[tap] * bytes[place];
        green += weights[tap] * bytes[place + 1];
        blue += weights[tap] * bytes[place + 2];
      }
      result[to++] = clip(red >> across.precision);
      result[to++] = clip(green >> across.precision);
      result[to++] = clip(blue >> across.precision);
    }
  }

  return {
    push(bytes, at, step) {
      const index = y - part.top;
      if (down) add(bytes, at, step);
      else if (index >= 0 && index < height) narrow(index, bytes, at, step);
      y++;
    },
    result: () => result,
  };
}

/** TensorFlow's rule before version 2: the four neighbours of a place, in float32, and nothing is rounded. */
function legacyBilinear({ width, height }, part, image) {
  const f = Math.fround;
  const rows = taps(part.top, part.height, image.height, height);
  const columns = taps(part.left, part.width, image.width, width);
  const result = new Float32Array(width * height * 3);
  let [y, index, upper] = [0, 0, null];

  function mix(bytes, at, step) {
    const line = new Float32Array(width * 3);
    columns.forEach(({ from, to, share }, x) => {
      for (let channel = 0; channel < 3; channel++) {
        const [a, b] = [bytes[at + from * step + channel], bytes[at + to * step + channel]];
        line[x * 3 + channel] = f(a + f(f(b - a) * share));
      }
    });
    return line;
  }

  return {
    push(bytes, at, step) {
      const line = mix(bytes, at, step);
      for (; index < height && rows[index].to === y; index++) {
        const [above, share] = [rows[index].from === y ? line : upper, rows[index].share];
        for (let i = 0; i < line.length; i++) {
          result[index * line.length + i] = f(above[i] + f(f(line[i] - above[i]) * share));
        }
      }
      upper = line;
      y++;
    },
    result: () => result,
  };
}

function taps(start, extent, size, count) {
  const f = Math.fround;
  const scale = f(f(extent) / f(count));
  return Array.from({ length: count }, (_, index) => {
    const at = f(f(start) + f(index * scale));
    const from = Math.min(Math.floor(at), size - 1);
    return { from, to: Math.min(from + 1, size - 1), share: f(at - Math.floor(at)) };
  });
}
