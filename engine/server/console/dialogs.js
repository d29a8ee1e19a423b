// Forms in dialogs: one function each, which resolves to what was started, or null when nothing was.

import * as api from "./api.js";
import { button, element } from "./dom.js";

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
      try {
        outcome = await submit(new FormData(form));
        dialog.close();
      } catch (error) {
        failure.textContent = error.message;
        go.disabled = false;
      }
    });
    dialog.addEventListener("close", () => {
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
  if (help) input.setAttribute("aria-describedby", `help-${fieldsMade}`);
  return element(
    "div",
    { class: "field" },
    element("label", { for: input.id }, label),
    input,
    help ? element("small", { id: `help-${fieldsMade}` }, help) : null,
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

export function createBackup() {
  return ask(
    "Create a backup",
    [
      field("Name", text("name"), "Letters, digits and underscores; empty for a name made from the time."),
      field("Collections", element("textarea", { name: "collections", rows: 3, spellcheck: "false" }), "coll or db.coll, one after the other; empty for all."),
      field(
        "Before copying",
        choice("strategy", [["", "flush each collection"], ["skip_flush", "copy what Milvus has written out, without a flush"], ["meta_only", "no data: schemas and indexes alone"]]),
      ),
      check("resume", "Go on with an interrupted backup of this name"),
    ],
    "Create",
    (form) =>
      api.post("create", {
        async: true,
        backup_name: form.get("name"),
        collection_names: words(form.get("collections")),
        strategy: form.get("strategy"),
        resume: form.has("resume"),
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
function renamesOf(lines) {
  const renames = {};
  for (const line of lines.split("\n")) {
    const [from, to, more] = words(line.replaceAll(":", " "));
    if (from === undefined) continue;
    if (to === undefined || more !== undefined) throw new Error(`a rename takes two names a line: ${line.trim()}`);
    renames[from] = to;
  }
  return renames;
}

export function restoreBackup(name, collections) {
  return ask(
    `Restore ${name}`,
    [
      collectionChoices(collections),
      field("Suffix", text("suffix"), "Put behind each name, such as _bak."),
      field("Renames", element("textarea", { name: "renames", rows: 2, spellcheck: "false" }), "old name, new name: one pair a line. They count instead of the suffix."),
      check("index", "Build the indexes that the backup knows", { checked: true }),
      check("meta", "Without data"),
      check("drop", "Replace collections that exist"),
    ],
    "Restore",
    (form) => {
      const chosen = form.getAll("collection");
      if (chosen.length === 0) throw new Error("choose at least one collection");
      return api.post("restore", {
        async: true,
        backup_name: name,
        collection_names: chosen.length === collections.length ? [] : chosen,
        collection_suffix: form.get("suffix"),
        collection_renames: renamesOf(form.get("renames")),
        restoreIndex: form.has("index"),
        metaOnly: form.has("meta"),
        dropExistCollection: form.has("drop"),
      });
    },
  );
}

export async function transferBackup(name) {
  const { data: peers } = await api.get("peers");
  if (peers.length === 0)
    throw new Error("no other storage is configured: put its configuration into the folder peers beside backup.yaml");
  return ask(
    `Transfer ${name}`,
    [field("To", choice("peer", peers.map((peer) => [peer, peer])), "A storage of the folder peers beside backup.yaml.")],
    "Transfer",
    (form) => api.post("transfer", { async: true, backup_name: name, peer: form.get("peer"), direction: "to" }),
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

export function deleteBackup(name) {
  return ask(
    `Delete ${name}`,
    [
      element("p", {}, "Everything that belongs to this backup is removed from its storage. This cannot be undone."),
      field("Its name, to confirm", text("name", { required: true })),
    ],
    "Delete",
    (form) => {
      if (form.get("name") !== name) throw new Error(`type ${name} to delete it`);
      return api.remove("delete", { backup_name: name });
    },
    "danger",
  );
}
