// Keeps the files of the page, so that it opens without a network after the first visit. Each export has a cache of its
// own, which has the digest of all files in its name, and a page has all of its files from one cache: a new export waits
// until no page of the old one is open any more, which is the browser's way where nobody hurries it.

const CACHE = `hd ${registration.scope} VERSION`;
const FILES = ["FILES"];

addEventListener("install", (event) => {
  const kept = async () => {
    const cache = await caches.open(CACHE);
    // What the browser has of them already is asked after, and not loaded again.
    await cache.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" })));
  };
  event.waitUntil(kept());
});

addEventListener("activate", (event) => {
  const others = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(`hd ${registration.scope} `) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
  };
  event.waitUntil(others());
});

addEventListener("fetch", (event) => {
  const kept = async () => (await (await caches.open(CACHE)).match(event.request, { ignoreSearch: true })) ?? fetch(event.request);
  if (event.request.method === "GET") event.respondWith(kept());
});
