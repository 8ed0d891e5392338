// Finished sentences of a growing text, for a screen reader: it hears each one once.
const SENTENCE = /[^.!?…\n]+(?:[.!?…]+(?=\s)|\n)/g;

// Return the sentences of `text` after its first `announced` characters; at the end, all the rest.
export function findNewSentences(text, announced, isOver) {
  const rest = text.slice(announced);
  return isOver ? rest : (rest.match(SENTENCE) ?? []).join("");
}
