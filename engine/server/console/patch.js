// A page that is filled anew keeps the nodes that it has: what is pressed, selected or has the focus stays so.

const HANDLERS = Symbol("handlers");

// Whoever patches the node later gives it the newer handler.
export function on(node, type, handler) {
  node[HANDLERS] ??= {};
  if (!(type in node[HANDLERS])) node.addEventListener(type, (event) => node[HANDLERS][type](event));
  node[HANDLERS][type] = handler;
}

// What one presses is the same only while it says the same.
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  if (node.nodeName === "BUTTON") return node.textContent;
  return node.dataset.key ?? node.getAttribute("href") ?? node.getAttribute("aria-label");
}

const typesOf = (node) => Object.keys(node[HANDLERS] ?? {}).join();
const nameOf = (node) => `${node.nodeName} ${typesOf(node)} ${keyOf(node) ?? ""}`;

function patchNode(kept, fresh) {
  if (kept.nodeType !== Node.ELEMENT_NODE) {
    if (kept.data !== fresh.data) kept.data = fresh.data;
    return;
  }
  for (const { name } of [...kept.attributes]) if (!fresh.hasAttribute(name)) kept.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (kept.getAttribute(name) !== value) kept.setAttribute(name, value);
  if (fresh[HANDLERS]) kept[HANDLERS] = fresh[HANDLERS];
  patchChildren(kept, [...fresh.childNodes]);
}

// The old node that stands for each fresh one, or null: of the same name, each once, in the order of the old.
function pairs(old, fresh) {
  const known = new Map();
  for (const node of old) known.set(nameOf(node), [...(known.get(nameOf(node)) ?? []), node]);
  return fresh.map((node) => known.get(nameOf(node))?.shift() ?? null);
}

function patchChildren(parent, fresh) {
  const kept = pairs([...parent.childNodes], fresh);
  const stay = new Set(kept);
  for (const node of [...parent.childNodes]) if (!stay.has(node)) node.remove();
  let at = parent.firstChild;
  fresh.forEach((node, i) => {
    if (kept[i] === null) return parent.insertBefore(node, at);
    patchNode(kept[i], node);
    if (kept[i] === at) at = at.nextSibling;
    else parent.insertBefore(kept[i], at);
  });
}

let shown = null; // the address whose page this is

// Fills the page; nothing of another page is taken over.
export function fill(page, ...children) {
  const fresh = new DocumentFragment();
  fresh.append(...children.filter((child) => child !== null));
  if (shown === location.hash) patchChildren(page, [...fresh.childNodes]);
  else page.replaceChildren(fresh);
  shown = location.hash;
}
