"""Debian's Chromium without a window: pages opened, pressed, read, and kept as pictures."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from testbed.components import ROOT, folder

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
PICTURES = Path(os.environ.get("MB_TEST_LOGS", ROOT / "build" / "test-logs")) / "console"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions"
).split()
DESK, PHONE = (1200, 900), (390, 844)


class Browser:
    """One page of one server, as a context manager. What the page's console complains of fails the test at the end."""

    def __init__(self, url, size=DESK, dark=False, allowed=()):
        self.url, self.allowed = url, allowed
        self.profile = tempfile.mkdtemp(prefix="mb-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in (*FLAGS, f"--user-data-dir={self.profile}", f"--window-size={size[0]},{size[1]}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        complaints = self.complaints()
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)
        if kind is None:
            assert complaints == [], complaints

    def complaints(self):
        """What the browser says went wrong: scripts, refused resources, the content policy."""
        lines = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        return [line for line in lines if not any(re.search(pattern, line) for pattern in self.allowed)]

    # ------------------------------------------------------------- pages

    def open(self, path="/"):
        self.driver.get(self.url + path)
        return self

    def wait(self, condition, what, timeout=30):
        waiting = WebDriverWait(self.driver, timeout, 0.1, [StaleElementReferenceException])
        return waiting.until(lambda _: condition(), f"{what}; the page says:\n{self.text()}")

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def see(self, *texts, timeout=30):
        for text in texts:
            self.wait(lambda text=text: text in self.text(), f"no '{text}'", timeout)
        return self

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.wait(lambda: next(iter(self.all(selector)), None), f"nothing is {selector}")

    def press(self, text, within="main", key=None):
        """The button or link that says so, by the mouse or a key; pages that are filled anew may take it away meanwhile."""

        def pressed():
            for node in self.all(f"{within} button, {within} a"):
                if node.text == text and node.is_displayed() and node.is_enabled():
                    node.send_keys(key) if key else node.click()
                    return True
            return False

        self.wait(pressed, f"nothing in {within} to press says '{text}'")
        return self

    def field(self, label, within="dialog"):
        """The input of that label."""

        def found():
            for node in self.all(f"{within} label"):
                if node.text.strip() == label:
                    name = node.get_attribute("for")
                    inside = [] if name else node.find_elements(By.CSS_SELECTOR, "input")
                    return inside[0] if inside else self.driver.find_element(By.ID, name)
            return None

        return self.wait(found, f"no field '{label}'")

    def choose(self, label, option):
        """An option of the select of that label, by its text."""
        Select(self.field(label)).select_by_visible_text(option)
        return self

    def failure_beside(self, label):
        """What is said of the field of that label; it is marked, and has the focus."""
        field = self.field(label)
        said = self.driver.find_element(By.ID, f"failure-{field.get_attribute('id')}")
        self.wait(lambda: said.text != "", f"nothing is said of '{label}'")
        assert field.get_attribute("aria-invalid") == "true" and field == self.driver.switch_to.active_element
        return said.text

    def record(self):
        """From now on the bodies are kept that the page sends: see `sent`."""
        self.driver.execute_script("""
            const send = window.fetch;
            window.sent = [];
            window.fetch = (url, options = {}) => {
              if (options.body) window.sent.push(JSON.parse(options.body));
              return send(url, options);
            };""")
        return self

    def sent(self):
        return self.driver.execute_script("return window.sent")

    def refill(self, times=2):
        """Until the page has asked the server so often anew, and shown it."""
        asked = "return performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/v1/task')).length"
        begun = self.driver.execute_script(asked)
        self.wait(lambda: self.driver.execute_script(asked) > begun + times, "the page is not filled anew")
        return self

    def rows(self, label):
        """Texts of a table's rows: column title -> text."""
        script = """
            return [...document.querySelectorAll(`table[aria-label="${arguments[0]}"] tbody tr`)].map((row) =>
                Object.fromEntries([...row.cells].map((cell) => [cell.dataset.label, cell.innerText])))"""
        return self.driver.execute_script(script, label)

    def picture(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(PICTURES / f"{name}.png"))

    # ------------------------------------------------------ for everybody

    def barriers(self):
        """What axe-core finds that keeps people out: rule -> the elements."""
        self.driver.execute_script((folder("axe-core") / "node_modules/axe-core/axe.min.js").read_text())
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((result) => done(result.violations))"
        )
        return {rule["id"]: [node["html"] for node in rule["nodes"]] for rule in found}

    def runs_over(self):
        """Is the page wider than its window?"""
        return self.driver.execute_script("return document.documentElement.scrollWidth > window.innerWidth")
