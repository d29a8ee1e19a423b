// All backups, and one of them.

import * as api from "./api.js";
import { chart } from "./charts.js";
import * as dialogs from "./dialogs.js";
import { button, element, facts, notice, state, table } from "./dom.js";
import * as format from "./format.js";
import { fill } from "./patch.js";

const link = (name) => element("a", { href: `#/backup/${encodeURIComponent(name)}` }, name);

function charts(backups) {
  const made = backups.filter((backup) => backup.state === "complete" && backup.made_at > 0);
  if (made.length < 2) return null;
  made.sort((a, b) => a.made_at - b.made_at);
  const latest = made.slice(-60);
  const sizes = latest.map(({ name, size }) => ({ name, value: size, text: format.bytes(size) }));
  const times = latest.filter(({ took_ms }) => took_ms >= 0).map(({ name, took_ms }) => ({ name, value: took_ms, text: format.duration(took_ms) }));
  return element("div", { class: "charts" }, chart("Size over time", sizes), chart("Duration over time", times));
}

const LIST = [
  { title: "Name", value: (backup) => link(backup.name) },
  { title: "State", value: (backup) => state(backup.state) },
  { title: "Age", value: (backup) => format.age(backup.made_at) },
  { title: "Size", number: true, value: (backup) => (backup.state === "complete" ? format.bytes(backup.size) : "") },
  { title: "Rows", number: true, value: (backup) => format.count(backup.rows) },
  { title: "Took", number: true, value: (backup) => format.duration(backup.took_ms) },
  { title: "Schedule", value: (backup) => backup.schedule ?? "" },
  { title: "Note", value: (backup) => backup.reason || backup.problem || "" },
];

export async function started(answer, what) {
  if (answer === null) return;
  notice(answer.msg === "success" ? `${what}: done` : `${what}: begun`);
  if (answer.data?.id) location.hash = `#/task/${encodeURIComponent(answer.data.id)}`;
}

const act = (text, ask, what, kind) =>
  button(text, async () => {
    try {
      await started(await ask(), what);
    } catch (error) {
      notice(error.message);
    }
  }, kind);

export async function backups(page, _, signal) {
  const { data } = await api.get("list", { all: true, detail: true }, signal);
  data.sort((a, b) => b.made_at - a.made_at || (a.name < b.name ? 1 : -1));
  fill(
    page,
    element("h1", { tabindex: "-1" }, "Backups"),
    element("div", { class: "bar" }, act("Create a backup", dialogs.createBackup, "backup"), act("Fetch a backup", dialogs.fetchBackup, "transfer", "quiet")),
    charts(data) ?? "",
    table("Backups", LIST, data, "There are no backups yet.", (backup) => backup.name),
  );
}

const nameOf = (it) => `${it.db_name}.${it.collection_name}`;

const COLLECTIONS = [
  { title: "Collection", value: nameOf },
  { title: "Rows", number: true, value: (it) => format.count(it.rows) },
  { title: "Size", number: true, value: (it) => format.bytes(it.size) },
  { title: "Segments", number: true, value: (it) => format.count(it.segments) },
  { title: "Partitions", number: true, value: (it) => format.count(it.partitions) },
  { title: "Indexes", value: (it) => it.indexes.map(({ field, type }) => (type ? `${field}: ${type}` : field)).join(", ") },
  { title: "Load state", value: (it) => it.load_state },
  { title: "Aliases", value: (it) => it.aliases.join(", ") },
];

function checksums(info) {
  if (!info.has_objects) return "not recorded (made by another tool)";
  if (info.objects_summed === info.objects) return `known for all ${format.count(info.objects)} objects`;
  return `known for ${format.count(info.objects_summed)} of ${format.count(info.objects)} objects`;
}

function actions({ name, collections, l0_segments }) {
  return element(
    "div",
    { class: "bar" },
    act("Restore", () => dialogs.restoreBackup(name, collections), `restore ${name}`),
    act("Verify", () => dialogs.verifyBackup(name), `verify ${name}`, "quiet"),
    act("Transfer", () => dialogs.transferBackup(name), `transfer ${name}`, "quiet"),
    l0_segments > 0 ? act("Compact", () => dialogs.compactBackup(name), `compact ${name}`, "quiet") : null,
    button("Delete", async () => {
      if ((await dialogs.deleteBackup(name)) === null) return;
      notice(`${name} is deleted`);
      location.hash = "#/backups";
    }, "danger"),
  );
}

// One that cannot be described can at least be deleted, or gone on with.
function broken(page, name, error) {
  fill(
    page,
    element("h1", { tabindex: "-1" }, name),
    element("p", { class: "card problem" }, error.message),
    element("div", { class: "bar" }, button("Delete", async () => {
      if ((await dialogs.deleteBackup(name)) !== null) location.hash = "#/backups";
    }, "danger")),
  );
}

export async function backup(page, name, signal) {
  let info;
  try {
    ({ data: info } = await api.get("info", { backup_name: name }, signal));
  } catch (error) {
    if (error.status !== 200) throw error;
    return broken(page, name, error);
  }
  fill(
    page,
    element("h1", { tabindex: "-1" }, info.name),
    actions(info),
    element("section", { class: "card", "aria-label": "Facts" }, facts([
      ["Made", format.moment(info.made_at)],
      ["Took", format.duration(info.took_ms)],
      ["Size", format.bytes(info.size)],
      ["Rows", format.count(info.rows)],
      ["Segments", format.count(info.segments)],
      ["Of these L0, with deletes alone", info.l0_segments > 0 ? format.count(info.l0_segments) : ""],
      ["Checksums", checksums(info)],
      ["Milvus", info.milvus_version],
      ["Databases", info.databases.join(", ")],
      ["Format", info.format],
      ["Id", info.id],
    ])),
    element("h2", {}, "Collections"),
    table("Collections", COLLECTIONS, info.collections, "The backup holds no collections.", nameOf),
  );
}
