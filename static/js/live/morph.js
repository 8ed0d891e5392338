// Morph a DOM subtree into another, leaving equal nodes unchanged: focus, open details, selection and scroll position
// are preserved, text grows in place, and an image stays until the next one has loaded.
import { matchLists } from "./matching.js";

const ELEMENT_NODE = 1;

// Nodes with the same key match; links match by URL, except those around an image, which is replaced together with
// its link.
function getNodeKey(node) {
  if (node.nodeType !== ELEMENT_NODE) return node.nodeName;
  const { output, large } = node.dataset ?? {};
  const href = large === undefined ? node.getAttribute("href") : "";
  return `${node.nodeName} ${node.id || output || href || ""}`;
}

export function morphNode(current, next) {
  if (current.isEqualNode(next)) return;
  if (getNodeKey(current) !== getNodeKey(next)) current.replaceWith(next);
  else if (current.nodeType !== ELEMENT_NODE) updateText(current, next.data);
  else {
    updateAttributes(current, next);
    morphChildren(current, next);
  }
}

// Appended, not replaced, so that a selection survives.
function updateText(node, text) {
  if (text.startsWith(node.data)) node.appendData(text.slice(node.length));
  else node.data = text;
}

function updateAttributes(current, next) {
  for (const { name } of [...current.attributes]) {
    if (!next.hasAttribute(name) && !isReaderState(current, name)) current.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (current.getAttribute(name) !== value && !isReaderState(current, name)) {
      current.setAttribute(name, value);
    }
  }
}

// The reader's open or closed state is preserved.
const isReaderState = (element, name) => element.nodeName === "DETAILS" && name === "open";

function morphChildren(parent, next) {
  const currentNodes = [...parent.childNodes];
  const nextNodes = [...next.childNodes];
  const { start, end, pairs } = matchLists(currentNodes, nextNodes, getNodeKey);
  const after = currentNodes[currentNodes.length - end] ?? null;
  const removable = currentNodes.slice(start, currentNodes.length - end);
  const kept = new Set(pairs.values());
  for (const node of removable) if (!kept.has(node)) node.remove();
  let place = kept.size ? removable.find((node) => kept.has(node)) : after;
  for (const node of nextNodes.slice(start, nextNodes.length - end)) {
    const current = pairs.get(node);
    if (!current) parent.insertBefore(node, place);
    else {
      place = current.nextSibling;
      morphNode(current, node);
    }
  }
  for (let n = 0; n < start; n++) morphNode(currentNodes[n], nextNodes[n]);
  for (let n = 1; n <= end; n++) morphNode(currentNodes.at(-n), nextNodes.at(-n));
}
