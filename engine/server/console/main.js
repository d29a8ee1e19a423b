// Which page is shown, and when it is shown anew.

import * as api from "./api.js";
import { backup, backups } from "./backups.js";
import { signIn } from "./dialogs.js";
import { element } from "./dom.js";
import { fill } from "./patch.js";
import { health, schedules } from "./places.js";
import { task, tasks } from "./tasks.js";

// A page fills `content` and returns after how many milliseconds to do so again; 0 or nothing for never.
const PAGES = { backups, backup, tasks, task, schedules, health };
const TITLES = { backups: "Backups", backup: "Backup", tasks: "Tasks", task: "Task", schedules: "Schedules", health: "Health" };
const SECTIONS = { backup: "backups", task: "tasks" };

const content = document.getElementById("content");
const signOutButton = document.getElementById("sign-out");
let visit = null; // of the page at hand: cancelled when it is left

function here() {
  const [, name = "backups", argument = ""] = location.hash.split("/");
  return { name: name in PAGES ? name : "backups", argument: decodeURIComponent(argument) };
}

function markSection(name) {
  for (const link of document.querySelectorAll("nav a"))
    if (link.getAttribute("href") === `#/${SECTIONS[name] ?? name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
}

function tell(error) {
  fill(
    content,
    element("h1", { tabindex: "-1" }, "That did not work"),
    element("p", { class: "card problem", role: "alert" }, error.message),
  );
}

// Where what had the focus is gone, and on a page that was just come to, its title has the focus.
async function fillAnew({ name, argument }, come, signal) {
  const inside = content.contains(document.activeElement);
  const again = await PAGES[name](content, argument, signal);
  if (come || (inside && document.activeElement === document.body)) content.querySelector("h1").focus();
  return again;
}

async function stay(page, signal) {
  for (let come = true; ; come = false) {
    const again = await fillAnew(page, come, signal);
    if (!again || signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, again));
    while (document.hidden && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 500));
    if (signal.aborted) return;
  }
}

async function show() {
  visit?.abort();
  visit = new AbortController();
  const { signal } = visit;
  const page = here();
  document.title = `${page.argument || TITLES[page.name]} · milvus-backup`;
  markSection(page.name);
  signOutButton.hidden = !api.signedIn();
  try {
    await stay(page, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (error.status === 401 && (await signIn())) return show();
    tell(error);
  }
}

signOutButton.addEventListener("click", () => {
  api.signOut();
  show();
});
window.addEventListener("hashchange", show);
show();
