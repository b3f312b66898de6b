"""Pictures of a report page, as people see it: desktop and phone, light and dark.

    python benchmarks/report_screenshots.py report.html FOLDER [#owner/name ...]

needs Debian's chromium and chromium-driver, and the `test` extra.
"""

import base64
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
)
TALLEST = 5000
HEIGHT_OF_REPOSITORY = (
    "return Math.ceil(document.querySelector('.repo.shown').getBoundingClientRect().height) + 90"
)


@dataclass(frozen=True)
class Screen:
    """What it is looked at with."""

    name: str
    width: int
    height: int
    scale: int
    phone: bool


SCREENS = (Screen("desktop", 1280, 860, 1, False), Screen("phone", 390, 844, 2, True))
SCHEMES = ("light", "dark")


def main(page: Path, folder: Path, fragments: list[str]) -> None:
    """Write `SCREEN-SCHEME.png` of the whole page, and `…-N.png` of the repositories named."""
    address = f"file://{quote(str(page.absolute()))}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        browser = _browser(profile)
        try:
            for screen in SCREENS:
                for scheme in SCHEMES:
                    for number, fragment in enumerate(("", *fragments)):
                        part = f"-{number}" if number else ""
                        to = folder / f"{screen.name}-{scheme}{part}.png"
                        _take(browser, address + fragment, screen, scheme, to)
        finally:
            browser.quit()


def _browser(profile: str) -> webdriver.Chrome:
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    return webdriver.Chrome(options, Service("/usr/bin/chromedriver"))


def _emulate(browser: webdriver.Chrome, screen: Screen, scheme: str, height: int) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": screen.width,
            "height": height,
            "deviceScaleFactor": screen.scale,
            "mobile": screen.phone,
        },
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def _take(browser: webdriver.Chrome, address: str, screen: Screen, scheme: str, to: Path) -> None:
    """What the screen shows; of the page without a fragment, all of it on one high screen."""
    _emulate(browser, screen, scheme, screen.height)
    browser.get("about:blank")
    browser.get(address)
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    high = browser.execute_script("return document.documentElement.scrollHeight")
    if "#" in address:
        high = min(TALLEST, browser.execute_script(HEIGHT_OF_REPOSITORY))
    _emulate(browser, screen, scheme, high)
    browser.execute_script("dispatchEvent(new Event('hashchange'))")
    browser.execute_async_script("setTimeout(arguments[0], 200)")
    to.write_bytes(base64.b64decode(browser.get_screenshot_as_base64()))
    print(f"{to}  {to.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
