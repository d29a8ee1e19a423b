// Schedules, and whether Milvus and the storages answer.

import * as api from "./api.js";
import { element, facts, state, table } from "./dom.js";
import * as format from "./format.js";
import { fill } from "./patch.js";

const SCHEDULES = [
  { title: "Name", value: (it) => it.name },
  { title: "When", value: (it) => `${it.cron} (${it.timezone})` },
  { title: "Next", value: (it) => (it.enabled ? format.moment(it.next_run) : "not enabled") },
  { title: "Last", value: (it) => (it.last_task ? element("a", { href: `#/task/${encodeURIComponent(it.last_task)}` }, format.moment(it.last_run)) : format.moment(it.last_run)) },
  { title: "Outcome", value: (it) => (it.last_state ? state(it.last_state) : "") },
];

export async function schedules(page, _, signal) {
  const { data } = await api.get("schedules", {}, signal);
  fill(
    page,
    element("h1", { tabindex: "-1" }, "Schedules"),
    table("Schedules", SCHEDULES, data, "No schedules are configured: see schedules in backup.yaml.", (it) => it.name),
  );
  return 10000;
}

function place(title, it) {
  return element(
    "section",
    { class: it.reachable ? "card" : "card problem", "aria-label": title },
    element("h2", {}, title),
    facts([
      ["State", state(it.reachable ? "reachable" : "unreachable")],
      ["Where", it.place],
      ["Version", it.version],
      ["Failure", it.error],
    ]),
  );
}

export async function health(page, _, signal) {
  fill(page, element("h1", { tabindex: "-1" }, "Health"), element("p", { class: "empty" }, "Asking Milvus and the storages ..."));
  const { data } = await api.get("health", {}, signal);
  fill(
    page,
    element("h1", { tabindex: "-1" }, "Health"),
    place("Milvus", data.milvus),
    place("Milvus' storage", data.milvus_storage),
    place("Backup storage", data.backup_storage),
    element("p", { class: "empty" }, `Seen ${format.moment(data.checked_at)}.`),
  );
}
