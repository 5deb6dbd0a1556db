// What is dropped or pasted: images, folders of them, or something that this page cannot take.

const ENTRIES = 20_000; // Files and folders that are looked at in a folder.
const IMAGE = /\.(avif|bmp|dib|gif|hei[cf]|ico|jfif|jp[eg]|jpeg|p[abgnp]m|png|qoi|tiff?|webp)$/i;
// Copies and waste that systems keep beside images.
const HOUSEKEEPING = new Set(["@eaDir", "#recycle", "#snapshot", "$RECYCLE.BIN", "lost+found", "System Volume Information", "__MACOSX"]);

const LINK =
  "That is a link to an image elsewhere, and this page asks no other site for anything. " +
  "Save the image and choose the file, or copy the image itself and paste it.";

/**
 * The files that a drop or paste brings, with no more than `most` images of folders, and a sentence where there is
 * something to say of them. To be called while the event lasts, since its data go with it.
 */
export async function carried(transfer, most) {
  const items = [...(transfer?.items ?? [])].filter((item) => item.kind === "file");
  const otherwise = excuse(transfer);
  const brought = items.map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  const found = { files: [], most, folders: 0, seen: 0, others: 0, more: false };
  for (const { entry, file } of brought) {
    if (entry?.isDirectory) {
      found.folders++;
      await search(entry, found);
    } else if (file) found.files.push(file);
  }
  if (found.folders > 0) return { files: found.files, note: told(found) };
  return { files: found.files, note: found.files.length > 0 ? "" : otherwise };
}

/** Adds the images in a folder and below it, in the order of their names, until there are enough. */
async function search(folder, found) {
  for (const entry of await listed(folder)) {
    found.more ||= found.seen++ >= ENTRIES;
    if (entry.name.startsWith(".") || HOUSEKEEPING.has(entry.name)) continue;
    if (entry.isDirectory && !found.more) await search(entry, found);
    if (!entry.isFile || found.more) continue;
    const image = IMAGE.test(entry.name);
    if (image && found.files.length >= found.most) found.more = true;
    else if (image) found.files.push(...(await opened(entry)));
    else found.others++;
  }
}

/** The entries of a folder, which come some at a time. None of a folder that cannot be read. */
async function listed(folder) {
  const reader = folder.createReader();
  const entries = [];
  while (entries.length < ENTRIES) {
    const some = await new Promise((done) => reader.readEntries(done, () => done([])));
    if (some.length === 0) break;
    entries.push(...some);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const opened = (entry) => new Promise((done) => entry.file((file) => done([file]), () => done([])));

function told({ files, folders, more, others }) {
  const where = folders === 1 ? "in that folder" : "in those folders";
  if (more) return `These are the first ${files.length} images ${where}.`;
  if (files.length === 0) return `There is no image ${where}.`;
  if (others === 0) return "";
  return others === 1 ? `One other file ${where} is left out.` : `${others} other files ${where} are left out.`;
}

/** Why nothing can be taken from what has no files. */
function excuse(transfer) {
  const text = transfer?.getData("text/uri-list") || transfer?.getData("text/plain") || "";
  const html = transfer?.getData("text/html") ?? "";
  if (/^\s*(https?|ftp|file|blob|data):/i.test(text) || /<img\b/i.test(html)) return LINK;
  return "There is no image in that.";
}
