// Unsent input of a form, to be restored after navigation: pairs of name and value, without files and passwords.
const isTextual = ({ name, type }) =>
  /^(arg|serie)-/.test(name) && !["file", "password", "hidden"].includes(type);
const isCheckable = ({ type }) => ["checkbox", "radio"].includes(type);

export function collectDraft(fields) {
  return [...fields]
    .filter(isTextual)
    .filter((field) => !isCheckable(field) || field.checked)
    .map(({ name, value }) => [name, value]);
}

export function restoreDraft(fields, draft) {
  if (!draft.length) return;
  for (const field of [...fields].filter(isTextual)) {
    const isOwn = ([name, value]) => name === field.name && value === field.value;
    if (isCheckable(field)) field.checked = draft.some(isOwn);
    else field.value = draft.find(([name]) => name === field.name)?.[1] ?? field.value;
    field.dispatchEvent(new Event("input", { bubbles: true })); // moves the slider of a number
  }
}
