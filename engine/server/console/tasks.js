// What runs, ran and waits.

import * as api from "./api.js";
import { button, element, facts, notice, progress, state, table } from "./dom.js";
import * as format from "./format.js";
import { fill } from "./patch.js";

const LIVE = ["queued", "running"];
const isLive = (task) => LIVE.includes(task.state);

function took(task) {
  if (task.started_at === 0) return "";
  return format.duration((task.ended_at || Date.now()) - task.started_at);
}

async function cancel(task) {
  try {
    await api.post("cancel", {}, { id: task.id });
    notice(`${task.kind} of ${task.backup_name} is told to stop`);
  } catch (error) {
    notice(error.message);
  }
}

const LIST = [
  { title: "Task", value: (task) => element("a", { href: `#/task/${encodeURIComponent(task.id)}` }, `${task.kind} ${task.backup_name}`) },
  { title: "State", value: (task) => state(task.state) },
  { title: "Progress", value: (task) => (isLive(task) ? progress(task.progress, `${task.kind} of ${task.backup_name}`) : "") },
  { title: "Begun", value: (task) => format.age(task.started_at || task.queued_at) },
  { title: "Took", number: true, value: took },
  { title: "By", value: (task) => (task.schedule ? `schedule ${task.schedule}` : task.caller) },
  { title: "Note", value: (task) => task.error || task.waiting_for },
];

export async function tasks(page, _, signal) {
  const { data } = await api.get("tasks", { limit: 200 }, signal);
  fill(
    page,
    element("h1", { tabindex: "-1" }, "Tasks"),
    table("Tasks", LIST, data, "Nothing has been done since the server keeps its history.", (task) => task.id),
  );
  return data.some(isLive) ? 1000 : 5000;
}

const nameOf = (it) => `${it.db_name}.${it.collection_name}`;

const COLLECTIONS = [
  { title: "Collection", value: nameOf },
  { title: "State", value: (it) => state(it.state) },
  { title: "Progress", value: (it) => progress(it.progress, nameOf(it)) },
  { title: "Rows", number: true, value: (it) => format.count(it.rows) },
  { title: "Size", number: true, value: (it) => format.bytes(it.size) },
];

function live(task) {
  const left = task.seconds_left >= 0 ? `about ${format.duration(task.seconds_left * 1000)} left` : "";
  const speed = task.bytes_per_second > 0 ? `${format.bytes(task.bytes_per_second)}/s` : "";
  const line = [`${task.progress} %`, task.phase, speed, left, task.waiting_for].filter((word) => word !== "").join(" · ");
  return element("section", { class: "card", "aria-label": "Progress" }, progress(task.progress, "Progress"), element("p", {}, line),
    button("Cancel", () => cancel(task), "danger"));
}

function ended(task) {
  if (task.error === "") return "";
  return element("section", { class: "card problem", "aria-label": "Failure" }, element("p", {}, task.error),
    task.hint ? element("p", {}, task.hint) : null,
    task.resumable ? button("Go on with it", () => resume(task)) : null);
}

async function resume(task) {
  try {
    await api.post(task.kind === "create" ? "create" : "transfer", { async: true, backup_name: task.backup_name, resume: true });
    location.hash = "#/tasks";
  } catch (error) {
    notice(error.message);
  }
}

export async function task(page, id, signal) {
  const { data: it } = await api.get("task", { id }, signal);
  const collections = it.collections ?? [];
  fill(
    page,
    element("h1", { tabindex: "-1" }, `${it.kind} ${it.backup_name}`),
    isLive(it) ? live(it) : ended(it),
    element("section", { class: "card", "aria-label": "Facts" }, facts([
      ["State", state(it.state)],
      ["Backup", element("a", { href: `#/backup/${encodeURIComponent(it.backup_name)}` }, it.backup_name)],
      ["Begun", format.moment(it.started_at || it.queued_at)],
      ["Took", took(it)],
      ["Objects", it.objects_total > 0 ? `${format.count(it.objects_done)} of ${format.count(it.objects_total)}` : ""],
      ["Bytes", it.bytes_total > 0 ? `${format.bytes(it.bytes_done)} of ${format.bytes(it.bytes_total)}` : ""],
      ["Tried again", it.retries > 0 ? format.count(it.retries) : ""],
      ["By", it.schedule ? `schedule ${it.schedule}` : it.caller],
      ["Id", it.id],
    ])),
    it.warnings.length > 0 ? element("section", { "aria-label": "Warnings" }, element("h2", {}, "Warnings"), it.warnings.map((text) => element("p", { class: "card" }, text))) : "",
    collections.length > 0 ? element("h2", {}, "Collections") : "",
    collections.length > 0 ? table("Collections", COLLECTIONS, collections, "", nameOf) : "",
  );
  return isLive(it) ? 1000 : 0;
}
