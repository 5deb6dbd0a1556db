// The answer for an image, in the form that hd-app's server gives it, and in the words that hd has put into the page.

/** The answer to scores in the order of the labels and to a note, and the state that chooses its colour. */
export function answered({ labels, confident, unsure, notes }, scores, note) {
  const score = Math.max(...scores);
  const best = labels[scores.indexOf(score)];
  const sure = score > confident;
  const answer = {
    label: best.name,
    guess: best.name,
    score: shortest(score),
    verdict: sure ? best.verdict : unsure.verdict,
    scores: Object.fromEntries(labels.map(({ name }, index) => [name, shortest(scores[index])])),
  };
  if (note) answer.notes = notes[note];
  // What can't be told is never said to be certain.
  if (!sure) answer.probably = `${best.probably} (${Math.min(99, Math.round(score * 100))} %).`;
  return { answer, state: sure ? best.state : unsure.state };
}

/** A float32 in as few digits as tell it from all others. */
function shortest(score) {
  const short = [6, 7, 8].map((digits) => Number(score.toPrecision(digits)));
  return short.find((number) => Math.fround(number) === score) ?? score;
}
