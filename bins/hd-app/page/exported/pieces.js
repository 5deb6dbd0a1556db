// The network and its runtime: files beside the page, or parts of it, compressed either way.

/** Why the page cannot work, as sentences for the person before it. */
export class Trouble extends Error {}

const GZIP = [0x1f, 0x8b];

/** The bytes of a piece: { file, bytes }, of which `told` hears how many have come. */
export async function piece({ file, bytes }, told) {
  const inside = document.querySelector(`script[data-piece="${file}"]`);
  const packed = inside ? inPage(inside, file) : await fetched(file, told);
  const whole = GZIP.every((byte, at) => packed[at] === byte) ? await unpacked(packed, file) : packed;
  if (whole.byteLength !== bytes) throw damaged(file);
  return whole;
}

const damaged = (file) =>
  new Trouble(`${file} is damaged: it is not what was exported. Get the page again from where it came, or export it again.`);

function inPage(element, file) {
  try {
    const text = atob(element.textContent);
    element.remove();
    return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
  } catch {
    throw damaged(file);
  }
}

async function fetched(file, told) {
  // One of an earlier export may be kept by the browser, which asks whether it is still the same.
  const response = await fetch(file, { cache: "no-cache" }).catch(() => {
    throw new Trouble(`${file} cannot be loaded: its host cannot be reached. Load the page again.`);
  });
  if (!response.ok) {
    throw new Trouble(
      `${file} is missing beside this page (the server says ${response.status}). The files of the folder belong together: ` +
        "put all of them there.",
    );
  }
  const parts = [];
  const reader = response.body.getReader();
  for (;;) {
    const { value, done } = await reader.read().catch(() => {
      throw new Trouble(`${file} did not come as a whole: the connection broke off. Load the page again.`);
    });
    if (done) break;
    parts.push(value);
    told(value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** What was compressed. A checksum is in it, so that a byte that is another is noticed. */
async function unpacked(packed, file) {
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw damaged(file);
  }
}
