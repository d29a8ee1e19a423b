// Bars over time: one for each backup, the oldest on the left.

import { element } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 100;

function shape(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function bar(point, at, width, most) {
  const height = most > 0 ? Math.max(1, (point.value / most) * (HEIGHT - 4)) : 1;
  const title = shape("title", {}, `${point.name}: ${point.text}`);
  return shape("rect", { x: at * width + width * 0.1, y: HEIGHT - height, width: width * 0.8, height }, title);
}

// points: {name, value, text}
export function chart(caption, points) {
  const most = Math.max(0, ...points.map((point) => point.value));
  const width = WIDTH / Math.max(points.length, 8);
  const latest = points.at(-1);
  const label = `${caption}: ${points.length} backups, the latest ${latest?.text ?? "unknown"}`;
  const bars = points.map((point, at) => bar(point, at, width, most));
  const ground = shape("line", { x1: 0, y1: HEIGHT, x2: WIDTH, y2: HEIGHT });
  const picture = shape(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    ground,
    ...bars,
  );
  const highest = points.find((point) => point.value === most);
  return element(
    "figure",
    { class: "card" },
    element("figcaption", {}, highest ? `${caption}; the highest is ${highest.text}` : caption),
    picture,
  );
}
