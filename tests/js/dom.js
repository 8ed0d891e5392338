// The part of the DOM that morphing uses: elements, text nodes, attributes. Browser tests use the real one.

class FakeNode {
  parent = null;

  get siblings() {
    return this.parent.childNodes;
  }

  get nextSibling() {
    return this.siblings[this.siblings.indexOf(this) + 1] ?? null;
  }

  remove() {
    if (this.parent) this.siblings.splice(this.siblings.indexOf(this), 1);
    this.parent = null;
  }

  replaceWith(node) {
    this.parent.insertBefore(node, this);
    this.remove();
  }

  isEqualNode(other) {
    return JSON.stringify(this.toTree()) === JSON.stringify(other.toTree());
  }
}

class FakeText extends FakeNode {
  nodeType = 3;
  nodeName = "#text";
  changes = [];
  #data;

  constructor(data) {
    super();
    this.#data = data;
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.changes.push("replace");
    this.#data = data;
  }

  get length() {
    return this.#data.length;
  }

  appendData(text) {
    this.changes.push("append");
    this.#data += text;
  }

  toTree() {
    return this.#data;
  }
}

class FakeElement extends FakeNode {
  nodeType = 1;
  childNodes = [];
  #attributes;

  constructor(name, attributes) {
    super();
    this.nodeName = name.toUpperCase();
    this.#attributes = new Map(Object.entries(attributes));
  }

  get children() {
    return this.childNodes.filter((node) => node.nodeType === 1);
  }

  get attributes() {
    return [...this.#attributes].map(([name, value]) => ({ name, value }));
  }

  get id() {
    return this.getAttribute("id") ?? "";
  }

  get dataset() {
    const own = [...this.#attributes].filter(([name]) => name.startsWith("data-"));
    return Object.fromEntries(own.map(([name, value]) => [name.slice(5), value]));
  }

  getAttribute(name) {
    return this.#attributes.get(name) ?? null;
  }

  hasAttribute(name) {
    return this.#attributes.has(name);
  }

  setAttribute(name, value) {
    this.#attributes.set(name, value);
  }

  removeAttribute(name) {
    this.#attributes.delete(name);
  }

  insertBefore(node, place) {
    node.remove();
    const index = place ? this.childNodes.indexOf(place) : this.childNodes.length;
    this.childNodes.splice(index, 0, node);
    node.parent = this;
  }

  toTree() {
    const attributes = Object.fromEntries([...this.#attributes].sort());
    return [
      this.nodeName.toLowerCase(),
      attributes,
      ...this.childNodes.map((node) => node.toTree()),
    ];
  }
}

// Create a node from a text or [name, attributes, ...children].
export function createTree(tree) {
  if (typeof tree === "string") return new FakeText(tree);
  const [name, attributes, ...children] = tree;
  const element = new FakeElement(name, attributes);
  for (const child of children) element.insertBefore(createTree(child), null);
  return element;
}
