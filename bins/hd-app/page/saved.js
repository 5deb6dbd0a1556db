// The answers of a visit as a table: tab-separated, with a header, a line for each image.

/** A name as a field, in which nothing may end a field or a line. */
const field = (text) =>
  text.replace(/[\\\x00-\x1f\x7f]/g, (sign) => ({ "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" })[sign] ?? code(sign));
const code = (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** The table of images that are answered: file, label and score, then the score of each label, and what there is to note. */
export function table(images) {
  const labels = Object.keys(images.find(({ answer }) => answer)?.answer.scores ?? {});
  const line = ({ file, answer, reason }) => [
    file.name || "image",
    answer?.label ?? "",
    answer?.score ?? "",
    ...labels.map((label) => answer?.scores[label] ?? ""),
    reason ?? answer?.notes ?? "",
  ];
  const lines = [["file", "label", "score", ...labels, "note"], ...images.map(line)];
  return lines.map((fields) => `${fields.map((part) => field(String(part))).join("\t")}\n`).join("");
}
