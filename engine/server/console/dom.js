// Elements without a line of HTML in a string: what comes from the server is only ever text.

import { on } from "./patch.js";

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) on(node, name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function button(text, action, kind = "") {
  return element("button", { type: "button", class: kind, onclick: action }, text);
}

// columns: {title, value(row) -> text or node, number}; by keyOf(row) a row is known again in a later table
export function table(label, columns, rows, empty, keyOf = () => null) {
  if (rows.length === 0) return element("p", { class: "empty" }, empty);
  const head = columns.map(({ title, number }) => element("th", { scope: "col", class: number ? "number" : null }, title));
  const cells = (row) =>
    columns.map(({ title, value, number }) =>
      element("td", { "data-label": title, class: number ? "number" : null }, value(row)),
    );
  return element(
    "div",
    { class: "table" },
    element(
      "table",
      { "aria-label": label },
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, rows.map((row) => element("tr", { "data-key": keyOf(row) }, cells(row)))),
    ),
  );
}

// pairs: [name, text or node], of which those without a value are left out
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return element(
    "dl",
    { class: "facts" },
    known.map(([name, value]) => element("div", { "data-key": name }, element("dt", {}, name), element("dd", {}, value))),
  );
}

const KINDS = {
  complete: "good", succeeded: "good", success: "good", reachable: "good",
  failed: "bad", interrupted: "bad", incomplete: "bad", unreadable: "bad", cancelled: "bad", unreachable: "bad",
  running: "busy", queued: "busy", "in progress": "busy",
};

export function state(word) {
  return element("span", { class: `state ${KINDS[word] ?? ""}` }, word);
}

export function progress(percent, label) {
  return element("progress", { max: 100, value: percent, "aria-label": label }, `${percent} %`);
}

export function notice(text) {
  const line = element("p", {}, text);
  document.getElementById("notices").append(line);
  setTimeout(() => line.remove(), 8000);
}
