// Which links, addresses and files mean that the page stays.

// With a modifier a browser opens the link elsewhere.
export const opensHere = (event) =>
  !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.defaultPrevented);

const removeFragment = (url) => url.split("#")[0];

// Do two addresses show the same page, be it at another place?
export const showSamePage = (url, other) => removeFragment(url) === removeFragment(other);

export const areSameFiles = (files, others) =>
  files.length === others.length && files.every((file, place) => file === others[place]);

// The address of the list of latest runs, with the run on show marked.
export function buildStripUrl(address, base, runId = "") {
  const url = new URL(address, base);
  url.searchParams.set("essai", runId);
  return url;
}
