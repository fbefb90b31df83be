"""A real browser, without a window, that shows a page and tells what happens in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains


def why_not() -> str:
    """Why no browser can be driven here; nothing if one can. In CI it has to be there."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if not missing or os.environ.get("CI"):
        return ""
    return f"needs {' and '.join(missing)} (Debian: apt-get install chromium chromium-driver)"


class Browser:
    """Headless Chromium with one page open."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def show(self, page: Path, *, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        """Open the file on a screen of that size, for a reader who likes light or dark pages."""
        self._ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.driver.get(page.as_uri())
        # What is drawn after a change of size is drawn one frame later.
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def run(self, script: str, *arguments: object) -> Any:
        """What the script returns."""
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        """The text of the first element that fits."""
        return str(self.run("return document.querySelector(arguments[0]).textContent.trim()", selector))

    def focus(self, selector: str) -> None:
        """Put the keyboard there."""
        self.run("document.querySelector(arguments[0]).focus()", selector)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the keyboard is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def click(self, selector: str) -> None:
        """Click on the middle of an element, brought into view before."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        found = self.driver.find_element("css selector", selector)
        ActionChains(self.driver).move_to_element(found).click().perform()

    def drag(self, selector: str, start: float, end: float) -> None:
        """Drag across an element, from one part of its width to another."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        found = self.driver.find_element("css selector", selector)
        width = found.size["width"]
        chain = ActionChains(self.driver).move_to_element_with_offset(found, round((start - 0.5) * width), 0)
        chain.click_and_hold().move_by_offset(round((end - start) * width), 0).release().perform()

    def complaints(self) -> list[str]:
        """All that the browser's console has to say since it was asked last."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def _ask(self, command: str, **parameters: object) -> None:
        self.driver.execute_cdp_cmd(command, parameters)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium from the system; nothing is downloaded."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"):
        options.add_argument(argument)
    if os.getuid() == 0:
        options.add_argument("--no-sandbox")
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    try:
        driver.set_script_timeout(20)
        yield Browser(driver)
    finally:
        driver.quit()
