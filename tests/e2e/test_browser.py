"""The console in a real browser over a real Milvus on local disk: what people do there, and what they see of it."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from testbed.backup_server import BackupServer
from testbed.browser import DESK, PHONE, Browser
from testbed.program import Program
from testbed.rows import assert_same_rows, read_rows
from wire.test_l0compact import Deletes

ON_LOCAL_DISK = pytest.mark.parametrize("site", ["local"], indirect=True)
PAGES = ["backups", "backup/console_base", "tasks", "schedules", "health"]


@pytest.fixture(scope="module")
def server(local_site, tmp_path_factory):
    """A server with two complete backups and an interrupted one."""
    program = Program(tmp_path_factory.mktemp("console"), local_site.config)
    names = ["console_base", "console_second"]
    for name in names:
        program.ok("create", "-n", name, "-c", "all_types,partitions")
    local_site.place.put("backup/console_half/binlogs/insert_log/1/2/3/4/5", b"x")
    with BackupServer(program) as server:
        yield server
    for name in [*names, "console_half"]:
        local_site.remove_backup(name)


@pytest.fixture
def browser(server):
    with Browser(server.url) as browser:
        yield browser


def test_backups_are_shown_with_what_one_asks_first(browser):
    browser.open().see("console_base", "console_second", "console_half")
    rows = {row["Name"]: row for row in browser.rows("Backups")}
    base = rows["console_base"]
    assert base["State"] == "complete" and base["Size"].endswith("iB") and base["Age"].endswith("ago")
    assert int(base["Rows"].replace(",", "")) > 0
    assert rows["console_half"]["State"] == "incomplete"
    assert [figure.text.split(";")[0] for figure in browser.all("figcaption")] == ["Size over time", "Duration over time"]
    browser.picture("backups")


def test_one_backup_is_shown_with_its_collections_and_checksums(browser):
    browser.open("/#/backup/console_base").see("default.all_types", "known for all")
    assert {row["Collection"] for row in browser.rows("Collections")} == {"default.all_types", "default.partitions"}
    browser.picture("backup")


def test_verify_now_runs_a_task_that_is_followed_to_its_end(browser):
    browser.open("/#/backup/console_base").press("Verify").press("Verify", "dialog")
    browser.see("verify console_base", "succeeded")
    browser.picture("task_verified")


def test_a_backup_is_created_restored_and_deleted_without_a_command_line(browser, local_site):
    browser.open().press("Create a backup")
    browser.field("Name").send_keys("console_made")
    browser.field("Collections").send_keys("partitions")
    browser.picture("dialog_create")
    browser.press("Create", "dialog").see("create console_made", "succeeded", timeout=60)
    browser.picture("task_created")

    before = local_site.collections()
    browser.open("/#/backup/console_made").press("Restore")
    browser.field("Suffix").send_keys("_console")
    browser.picture("dialog_restore")
    browser.press("Restore", "dialog").see("restore console_made", "succeeded", timeout=120)
    try:
        assert local_site.collections() - before == {("default", "partitions_console")}
        assert_same_rows(read_rows(local_site.milvus, "partitions"), read_rows(local_site.milvus, "partitions_console"))
    finally:
        local_site.drop(local_site.collections() - before)

    browser.open("/#/backup/console_made").press("Delete")
    browser.field("Its name, to confirm").send_keys("console_mad")
    browser.press("Delete", "dialog").see("type console_made to delete it")
    browser.field("Its name, to confirm").send_keys("e")
    browser.press("Delete", "dialog").see("Create a backup", "console_base")
    browser.wait(lambda: "console_made" not in [row["Name"] for row in browser.rows("Backups")], "it is still listed")
    assert local_site.backup("console_made") == {}


def test_a_failure_says_what_to_change(browser):
    browser.open().press("Create a backup")
    browser.field("Name").send_keys("no-such name")
    browser.press("Create", "dialog")
    assert "no-such name" in browser.failure_beside("Name")
    browser.picture("failure")
    browser.press("Cancel", "dialog").wait(lambda: not browser.all("dialog"), "the dialog stays")


def test_a_running_task_is_watched_and_cancelled(local_site, tmp_path):
    """The storage answers each read of a backup's data late, so that there is something to watch."""
    program = Program(tmp_path, local_site.config)
    program.ok("create", "-n", "console_slow", "-c", "all_types")
    slow = {"over": "local", "throttle.requestsPerSecond": 3}
    slowly = program.with_changes(tmp_path / "slow", minio={"backupStorageType": "throttle", "backupOptions": slow})
    with BackupServer(slowly) as server, Browser(server.url) as browser:
        task = server.post("verify", {"backup_name": "console_slow", "read_data": True, "async": True}).data["id"]
        browser.open("/#/tasks").see("verify console_slow", "running")
        browser.picture("tasks_running")
        browser.press("verify console_slow").press("Cancel").see("cancelled")
        assert server.task(task)["state"] == "cancelled"
        browser.picture("task_cancelled")
    local_site.remove_backup("console_slow")


@pytest.fixture
def slow_server(local_site, tmp_path):
    """A server whose storage answers each read late, and a backup whose verification takes its time."""
    program = Program(tmp_path, local_site.config)
    program.ok("create", "-n", "console_held", "-c", "all_types")
    slow = {"over": "local", "throttle.requestsPerSecond": 2}
    slowly = program.with_changes(tmp_path / "slow", minio={"backupStorageType": "throttle", "backupOptions": slow})
    with BackupServer(slowly) as server:
        yield server
    local_site.remove_backup("console_held")


def verify(server):
    return server.post("verify", {"backup_name": "console_held", "read_data": True, "async": True}).data["id"]


def test_what_is_held_selected_or_has_the_focus_outlives_a_refill(slow_server):
    task = verify(slow_server)
    with Browser(slow_server.url) as browser:
        browser.open(f"/#/task/{task}").see("running")
        cancel = browser.one("main button")
        select = "getSelection().selectAllChildren(document.querySelector('[data-key=Id] dd')); return String(getSelection())"
        assert browser.driver.execute_script(select) == task
        browser.refill()
        assert browser.driver.execute_script("return String(getSelection())") == task
        ActionChains(browser.driver).click_and_hold(cancel).perform()
        browser.refill()
        assert browser.driver.switch_to.active_element == cancel and slow_server.task(task)["state"] == "running"
        ActionChains(browser.driver).release().perform()
        browser.see("cancelled")
        assert browser.all("main button") == [] and browser.driver.switch_to.active_element == browser.one("main h1")


def test_a_row_is_the_same_while_others_come(slow_server):
    first = verify(slow_server)
    with Browser(slow_server.url) as browser:
        browser.open("/#/tasks").see("running")
        held = browser.one("main td a")
        browser.driver.execute_script("arguments[0].focus()", held)
        second = verify(slow_server)
        browser.wait(lambda: len(browser.rows("Tasks")) == 2, "the second task does not come")
        links = [link.get_attribute("href").split("/")[-1] for link in browser.all("main td a")]
        assert links == [second, first] and browser.all("main td a")[1] == held == browser.driver.switch_to.active_element
        held.send_keys(Keys.ENTER)
        browser.see(first)


def test_what_rest_can_the_boxes_of_restore_can(browser, local_site):
    before = local_site.collections()
    browser.open("/#/backup/console_base").press("Restore").record()
    browser.field("Renames").send_keys("all_types: types\nthree words here")
    browser.press("Restore", "dialog")
    assert browser.failure_beside("Renames") == "a rename takes two names a line: three words here"
    browser.field("Renames").clear()
    browser.field("Renames").send_keys("all_types: types")
    browser.field("Until").send_keys("yesterday")
    browser.press("Restore", "dialog")
    assert "yesterday" in browser.failure_beside("Until") and browser.one("dialog p.failure").text == ""
    browser.picture("until_refused")
    browser.field("Until").clear()
    browser.field("Until").send_keys("2026-03-01T08:15:00+02:00")
    browser.field("Suffix").send_keys("_boxes")
    browser.choose("Where a collection exists", "it is dropped first, for lack of space for both, and replaced")
    browser.choose("Indexes", "those of vectors as AUTOINDEX, others as the backup knows them")
    for box in ("Load again what was loaded", "Also users, roles, grants and privilege groups that Milvus lacks", "Without data"):
        browser.field(box).click()
    browser.press("Restore", "dialog").wait(lambda: len(browser.sent()) == 2, "it is not sent")
    assert "about data" in browser.failure_beside("Until")
    assert browser.sent()[1] == {
        "async": True,
        "backup_name": "console_base",
        "collection_names": [],
        "collection_suffix": "_boxes",
        "collection_renames": {"all_types": "types"},
        "restoreIndex": True,
        "useAutoIndex": True,
        "dropExistCollection": True,
        "dropFirst": True,
        "skipCreateCollection": False,
        "until": "2026-03-01T08:15:00+02:00",
        "load": True,
        "rbac": True,
        "metaOnly": True,
    }
    assert local_site.collections() == before


def test_what_rest_can_the_boxes_of_create_can(browser, local_site):
    browser.open().press("Create a backup").record()
    browser.field("Name").send_keys("console two")
    browser.field("Collections").send_keys("partitions default.* elsewhere.things")
    browser.choose("Data", "copies of binlogs, which any Milvus can restore")
    for box in (
        "Also users, roles, grants and privilege groups",
        "Go on also where another seems to be at work on it, who then fails",
    ):
        browser.field(box).click()
    browser.press("Create", "dialog")
    assert "console two" in browser.failure_beside("Name")
    assert browser.sent() == [
        {
            "async": True,
            "backup_name": "console two",
            "db_collections": {"default": [], "elsewhere": ["things"]},
            "strategy": "",
            "format": "binlog",
            "rbac": True,
            "resume": True,
            "take_over": True,
        }
    ]
    browser.field("Collections").send_keys(" a.b.c")
    browser.press("Create", "dialog")
    assert browser.failure_beside("Collections") == "'a.b.c' is neither coll, db.coll nor db.*"
    assert browser.field("Name").get_attribute("aria-invalid") is None


def test_what_lies_in_l0_segments_is_compacted_from_the_page(browser, local_site):
    browser.open("/#/backup/console_base").see("default.partitions")
    assert "Compact" not in [button.text for button in browser.all("main button")]
    backup = Deletes(local_site.place.root / "backup" / "console_l0").partition(10, "_default").rows(20)
    backup.l0(30, [6]).l0(31, [8], partition=-1).write()
    browser.open("/#/backup/console_l0").see("Of these L0, with deletes alone")
    browser.picture("backup_l0")
    browser.press("Compact")
    browser.field("Name of the copy").send_keys("console_l0")
    browser.press("Compact", "dialog")
    assert "another name" in browser.failure_beside("Name of the copy")
    browser.field("Name of the copy").clear()
    browser.field("Name of the copy").send_keys("console_plain")
    browser.press("Compact", "dialog").see("compact console_l0", "succeeded")
    browser.open("/#/backup/console_plain").see("default.")
    assert "Compact" not in [button.text for button in browser.all("main button")]
    for name in ("console_l0", "console_plain"):
        local_site.remove_backup(name)


def test_a_backup_is_fetched_from_a_peer(browser):
    browser.open().press("Fetch a backup").see("no other storage is configured")


def test_health_tells_who_answers(browser):
    browser.open("/#/health").see("Milvus", "Backup storage", "reachable", timeout=60)
    assert "unreachable" not in browser.text()
    browser.picture("health")


def test_everything_can_be_reached_by_the_keyboard(browser):
    browser.open().see("console_base")
    reached = set()
    for _ in range(40):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        focus = browser.driver.switch_to.active_element
        reached.add(focus.text or focus.get_attribute("href"))
    assert {"Backups", "Tasks", "Schedules", "Health", "Create a backup", "console_base"} <= reached
    browser.press("console_base", key=Keys.ENTER).see("default.all_types")
    browser.press("Verify").one("dialog")
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait(lambda: not browser.all("dialog"), "the dialog stays")


@pytest.mark.parametrize("size, dark", [(DESK, False), (DESK, True), (PHONE, False), (PHONE, True)])
def test_pages_keep_nobody_out(server, size, dark):
    shape = f"{'phone' if size == PHONE else 'desk'}_{'dark' if dark else 'light'}"
    with Browser(server.url, size, dark) as browser:
        for page in PAGES:
            browser.open(f"/#/{page}")
            browser.wait(lambda: browser.all("main h1") and "Asking" not in browser.text(), f"{page} stays empty", 60)
            browser.picture(f"{shape}_{page.split('/')[0]}")
            assert (page, browser.barriers()) == (page, {})
            assert not browser.runs_over(), page
        for page, action in (("backups", "Create a backup"), ("backup/console_base", "Restore")):
            browser.open(f"/#/{page}").wait(lambda: not browser.all("dialog"), "the other page's dialog stays")
            browser.press(action).one("dialog")
            browser.picture(f"{shape}_{action.split()[0].lower()}")
            assert (action, browser.barriers()) == (action, {})
            browser.driver.execute_script("document.querySelector('dialog').scrollTo(0, 9999)")
            browser.picture(f"{shape}_{action.split()[0].lower()}_end")
            assert not browser.runs_over(), action


def test_the_api_is_described_without_anything_from_elsewhere(browser):
    browser.open("/api/v1/docs/index.html").see("POST /api/v1/create", "backup_name", "Schemas")
    origins = browser.driver.execute_script(
        "return [...new Set(performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin))]"
    )
    assert origins == [browser.url]
    browser.picture("api")


def test_a_name_is_text_whatever_it_looks_like(server, local_site):
    name = "<img src=x onerror=document.title='gone'>"
    local_site.place.put(f"backup/{name}/binlogs/x", b"x")
    try:
        with Browser(server.url) as browser:
            browser.open().see(name)
            assert browser.all("main img") == []
            browser.press(name)
            browser.wait(lambda: browser.one("main h1").text == name, "its page does not come")
            assert browser.driver.title != "gone"
    finally:
        local_site.place.remove(f"backup/{name}/binlogs/x")


def test_with_credentials_one_signs_in_and_out(local_site, tmp_path):
    program = Program(tmp_path, local_site.config, environment={"MILVUS_BACKUP_TOKEN": "console-token-0123456789"})
    refused = [r"status of 401"]
    with BackupServer(program) as server, Browser(server.url, allowed=refused) as browser:
        browser.open().one("dialog")
        browser.field("Password or token").send_keys("wrong")
        browser.press("Sign in", "dialog").wait(lambda: browser.one("dialog p.failure").text != "", "no failure is said")
        browser.picture("sign_in_refused")
        browser.field("Password or token").clear()
        browser.field("Password or token").send_keys("console-token-0123456789")
        browser.press("Sign in", "dialog").see("Create a backup")
        browser.press("Sign out", "header").one("dialog")
