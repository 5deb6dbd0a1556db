// What a browser has to be able to do.

/** A small module that has a vector in it: one function, which makes it. */
const WITH_VECTORS = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

/** What this browser lacks, as sentences; nothing where it lacks nothing. */
export function lacks() {
  const update = "Update it, or open the page in another one.";
  if (typeof WebAssembly !== "object") {
    return "This browser runs no WebAssembly, which the network needs; a mode for high security may have turned it off.";
  }
  if (!WebAssembly.validate(Uint8Array.from(WITH_VECTORS))) {
    return `This browser has no SIMD in WebAssembly, which the network needs. Browsers have it since 2021, Safari since 2023. ${update}`;
  }
  const needed = ["DecompressionStream", "OffscreenCanvas", "createImageBitmap", "Worker"];
  const missing = needed.find((name) => !(name in globalThis));
  return missing ? `This browser is too old for this page: it has no ${missing}. ${update}` : "";
}
