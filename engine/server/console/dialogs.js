// Forms in dialogs: one function each, which resolves to what was started, or null when nothing was.

import * as api from "./api.js";
import { button, element } from "./dom.js";

// Something is wrong with one field.
class FieldError extends Error {
  constructor(name, message) {
    super(`${name}: ${message}`);
  }
}

// What was said of a field, until something else is.
function tellBeside(form, input, message) {
  for (const old of form.querySelectorAll(".field .failure")) old.textContent = "";
  for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  if (input === null) return;
  input.setAttribute("aria-invalid", "true");
  document.getElementById(`failure-${input.id}`).textContent = message;
  input.focus();
}

// An error that begins with a member of the body is about the field that is named like it.
function tellFailure(form, failure, { message }) {
  const [, name, rest] = /^([\w.]+): (.*)$/s.exec(message) ?? [];
  const input = name === undefined ? null : form.querySelector(`.field > [name="${name}"][id]`);
  tellBeside(form, input, rest);
  failure.textContent = input === null ? message : "";
}

// A dialog whose form calls `submit` with its values; what that throws is shown, and the form stays.
function ask(title, fields, action, submit, kind = "") {
  return new Promise((resolve) => {
    let outcome = null;
    const failure = element("p", { class: "failure", role: "alert" });
    const go = element("button", { type: "submit", class: kind }, action);
    const form = element(
      "form",
      { novalidate: true },
      element("h2", {}, title),
      fields,
      failure,
      element("div", { class: "bar" }, button("Cancel", () => dialog.close(), "quiet"), go),
    );
    const dialog = element("dialog", { "aria-label": title }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      failure.textContent = "";
      tellBeside(form, null);
      try {
        outcome = await submit(new FormData(form));
        dialog.close();
      } catch (error) {
        go.disabled = false;
        tellFailure(form, failure, error);
      }
    });
    const leave = () => dialog.close();
    window.addEventListener("hashchange", leave); // it was about that page
    dialog.addEventListener("close", () => {
      window.removeEventListener("hashchange", leave);
      dialog.remove();
      resolve(outcome);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

let fieldsMade = 0;

function field(label, input, help) {
  fieldsMade += 1;
  input.id = `field-${fieldsMade}`;
  input.setAttribute("aria-describedby", `help-${input.id} failure-${input.id}`);
  return element(
    "div",
    { class: "field" },
    element("label", { for: input.id }, label),
    input,
    element("small", { class: "failure", id: `failure-${input.id}`, role: "alert" }),
    help ? element("small", { id: `help-${input.id}` }, help) : null,
  );
}

const text = (name, attributes = {}) => element("input", { type: "text", name, autocomplete: "off", spellcheck: "false", ...attributes });

function choice(name, options) {
  return element("select", { name }, options.map(([value, label]) => element("option", { value }, label)));
}

function check(name, label, attributes = {}) {
  return element("label", { class: "check field" }, element("input", { type: "checkbox", name, ...attributes }), label);
}

const words = (value) => value.split(/[\s,]+/).filter((word) => word !== "");

export function signIn() {
  return ask(
    "Sign in",
    [
      field("User", text("user", { autocomplete: "username" }), "Empty for a token."),
      field("Password or token", element("input", { type: "password", name: "secret", autocomplete: "current-password", required: true })),
    ],
    "Sign in",
    async (form) => {
      const user = form.get("user");
      if (user === "") api.signInWithToken(form.get("secret"));
      else api.signInWithPassword(user, form.get("secret"));
      try {
        await api.get("tasks", { limit: 1 });
      } catch (error) {
        api.signOut();
        throw error;
      }
      return true;
    },
  );
}

// What says which collections: whole databases, "db.*", need another member than names alone.
function chosenBy(name, value) {
  const names = words(value);
  if (!names.some((word) => word.endsWith(".*"))) return { collection_names: names };
  const databases = {};
  for (const word of names) {
    const [db, collection, rest] = word.includes(".") ? word.split(".") : ["default", word];
    if (db === "" || collection === "" || rest !== undefined) throw new FieldError(name, `'${word}' is neither coll, db.coll nor db.*`);
    databases[db] ??= new Set();
    databases[db].add(collection);
  }
  const listed = ([db, collections]) => [db, collections.has("*") ? [] : [...collections]];
  return { db_collections: Object.fromEntries(Object.entries(databases).map(listed)) };
}

const WRITERS = [
  ["", "snapshots that Milvus writes where it can (3.0 and later), copies otherwise"],
  ["binlog", "copies of binlogs, which any Milvus can restore"],
  ["snapshot", "snapshots that Milvus writes"],
];

export function createBackup() {
  return ask(
    "Create a backup",
    [
      field("Name", text("backup_name"), "Letters, digits and underscores; empty for a name made from the time."),
      field(
        "Collections",
        element("textarea", { name: "collection_names", rows: 3, spellcheck: "false" }),
        "coll, db.coll or db.* for a whole database, one after the other; empty for all.",
      ),
      field(
        "Before copying",
        choice("strategy", [["", "flush each collection"], ["skip_flush", "copy what Milvus has written out, without a flush"], ["meta_only", "no data: schemas and indexes alone"]]),
      ),
      field("Data", choice("format", WRITERS)),
      check("rbac", "Also users, roles, grants and privilege groups"),
      check("resume", "Go on with an interrupted backup of this name"),
      check("take_over", "Go on also where another seems to be at work on it, who then fails"),
    ],
    "Create",
    (form) =>
      api.post("create", {
        async: true,
        backup_name: form.get("backup_name"),
        ...chosenBy("collection_names", form.get("collection_names")),
        strategy: form.get("strategy"),
        format: form.get("format"),
        rbac: form.has("rbac"),
        resume: form.has("resume") || form.has("take_over"),
        take_over: form.has("take_over"),
      }),
  );
}

function collectionChoices(collections) {
  return element(
    "fieldset",
    {},
    element("legend", {}, "Collections"),
    collections.map(({ db_name, collection_name }) => check("collection", `${db_name}.${collection_name}`, { value: `${db_name}.${collection_name}`, checked: true })),
  );
}

// "a new_a" or "db.a: db2.b", one a line
function renamesOf(name, lines) {
  const renames = {};
  for (const line of lines.split("\n")) {
    const [from, to, rest] = words(line.replaceAll(":", " "));
    if (from === undefined) continue;
    if (to === undefined || rest !== undefined) throw new FieldError(name, `a rename takes two names a line: ${line.trim()}`);
    renames[from] = to;
  }
  return renames;
}

const EXISTING = [
  ["", "the restore is refused"],
  ["replace", "it is replaced once the new one is complete"],
  ["replace_first", "it is dropped first, for lack of space for both, and replaced"],
  ["add", "the backup's rows are added to it; every collection has to exist"],
];

const INDEXES = [
  ["same", "as the backup knows them"],
  ["auto", "those of vectors as AUTOINDEX, others as the backup knows them"],
  ["none", "none"],
];

const boxesOfRestore = (collections) => [
  collectionChoices(collections),
  field("Suffix", text("collection_suffix"), "Put behind each name, such as _bak."),
  field("Renames", element("textarea", { name: "collection_renames", rows: 2, spellcheck: "false" }), "old name, new name: one pair a line. They count instead of the suffix."),
  field("Where a collection exists", choice("existing", EXISTING)),
  field("Indexes", choice("indexes", INDEXES)),
  field("Until", text("until", { placeholder: "2026-11-28T22:30:00Z" }), "Rows and deletes that were written later stay out. Date, T, time, and Z for UTC or an offset such as +02:00; empty for all."),
  check("load", "Load again what was loaded"),
  check("rbac", "Also users, roles, grants and privilege groups that Milvus lacks"),
  check("metaOnly", "Without data"),
];

export function restoreBackup(name, collections) {
  return ask(`Restore ${name}`, boxesOfRestore(collections), "Restore", (form) => {
    const chosen = form.getAll("collection");
    const [existing, indexes] = [form.get("existing"), form.get("indexes")];
    if (chosen.length === 0) throw new Error("choose at least one collection");
    return api.post("restore", {
      async: true,
      backup_name: name,
      collection_names: chosen.length === collections.length ? [] : chosen,
      collection_suffix: form.get("collection_suffix"),
      collection_renames: renamesOf("collection_renames", form.get("collection_renames")),
      restoreIndex: indexes !== "none",
      useAutoIndex: indexes === "auto",
      dropExistCollection: existing.startsWith("replace"),
      dropFirst: existing === "replace_first",
      skipCreateCollection: existing === "add",
      until: form.get("until").trim(),
      load: form.has("load"),
      rbac: form.has("rbac"),
      metaOnly: form.has("metaOnly"),
    });
  });
}

async function peerBox(label) {
  const { data: peers } = await api.get("peers");
  if (peers.length === 0)
    throw new Error("no other storage is configured: put its configuration into the folder peers beside backup.yaml");
  return field(label, choice("peer", peers.map((peer) => [peer, peer])), "A storage of the folder peers beside backup.yaml.");
}

export async function transferBackup(name) {
  return ask(`Transfer ${name}`, [await peerBox("To")], "Transfer", (form) =>
    api.post("transfer", { async: true, backup_name: name, peer: form.get("peer"), direction: "to" }),
  );
}

export async function fetchBackup() {
  return ask("Fetch a backup", [field("Name", text("backup_name", { required: true })), await peerBox("From")], "Fetch", (form) =>
    api.post("transfer", { async: true, backup_name: form.get("backup_name"), peer: form.get("peer"), direction: "from" }),
  );
}

export function verifyBackup(name) {
  return ask(
    `Verify ${name}`,
    [check("read", "Read all data and compare checksums")],
    "Verify",
    (form) => api.post("verify", { async: true, backup_name: name, read_data: form.has("read") }),
  );
}

export function compactBackup(name) {
  return ask(
    `Compact ${name}`,
    [
      element("p", {}, "Makes a copy that restores the same rows and has no L0 segments, for Milvus before 2.4. This backup stays as it is."),
      field("Name of the copy", text("output", { placeholder: `${name}_l0compacted` })),
      check("force", "Remove first what lies under that name"),
    ],
    "Compact",
    (form) => api.post("l0compact", { async: true, backup_name: name, output: form.get("output"), force: form.has("force") }),
  );
}

export function deleteBackup(name) {
  return ask(
    `Delete ${name}`,
    [
      element("p", {}, "Everything that belongs to this backup is removed from its storage. This cannot be undone."),
      field("Its name, to confirm", text("name", { required: true })),
      check("force", "Also while somebody makes it, who then fails"),
    ],
    "Delete",
    (form) => {
      if (form.get("name") !== name) throw new FieldError("name", `type ${name} to delete it`);
      return api.remove("delete", { backup_name: name, force: form.has("force") || null });
    },
    "danger",
  );
}
