// Unsent input of the form for each entry of the session history, so that back and forward restore what was typed.
// Kept in memory, not in the history: it must not outlive the page on a shared computer.
const MAX_DRAFTS = 100;

export class EntryDrafts {
  #drafts = new Map(); // the key in the state of an entry -> its draft
  #count = 0;

  // `page` differs each time that the page is loaded: states of entries outlive a reload, drafts do not.
  constructor(page) {
    this.page = page;
  }

  // Create the state of a new entry.
  createState() {
    this.#count += 1;
    return { draft: `${this.page}-${this.#count}` };
  }

  // Save what was typed in an entry that is left; the oldest drafts are dropped.
  save(state, draft) {
    if (!state?.draft) return;
    this.#drafts.delete(state.draft);
    this.#drafts.set(state.draft, draft);
    if (this.#drafts.size > MAX_DRAFTS) this.#drafts.delete(this.#drafts.keys().next().value);
  }

  find(state) {
    return this.#drafts.get(state?.draft) ?? [];
  }
}

// The list of values of a series stays while runs are shown one after another.
const isOfSeries = ({ name }) => name?.startsWith("serie-");

export function carrySeries(fields, draft) {
  const list = [...fields].find(({ name }) => name === "serie-valeurs");
  if (!list || list.value.trim()) return;
  const kept = new Map(draft);
  if (!kept.get(list.name)?.trim()) return;
  for (const field of [...fields].filter(isOfSeries)) field.value = kept.get(field.name);
}

// Unfold the series if it has values: those of a draft would be out of sight.
export function unfoldSeries(fields) {
  const list = [...fields].find(({ name }) => name === "serie-valeurs");
  if (list?.value.trim()) list.closest("details").open = true;
}
