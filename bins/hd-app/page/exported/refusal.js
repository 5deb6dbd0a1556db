/** The reason why an image cannot be labelled, in the words that hd has for it. */
export class Refusal extends Error {}
