"""The report page in a browser, from the disk, as people open it."""

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.report import pages
from torchscript_fix.report import page
from torchscript_fix.report.page.visible import fragment

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver (apt: chromium-driver)"
)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--window-size=1280,900",
)
DESKTOP, PHONE = (1280, 800, False), (390, 844, True)
SOME = 14


@dataclass(frozen=True)
class Browser:
    """A browser that sees the page, and what it said and asked for."""

    driver: webdriver.Chrome
    page: Path

    def open(self, path: Path | None = None, to: str = "") -> None:
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(f"file://{quote(str(path or self.page))}{to}")

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def script(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def wait(self, condition: Callable[[], object]) -> None:
        WebDriverWait(self.driver, 60, 0.02).until(lambda _: condition())

    def screen(self, width: int, height: int, phone: bool) -> None:
        if not phone:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            return
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone},
        )

    def media(self, medium: str = "", **features: str) -> None:
        named = [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": medium, "features": named}
        )

    def press(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def names(self) -> list[str]:
        return self.script(
            "return [...document.querySelectorAll('.all-repos tbody tr th')]"
            ".map(th => th.firstElementChild.textContent)"
        )

    def column(self, number: int) -> list[str]:
        return self.script(
            "return [...document.querySelectorAll('.all-repos tbody tr')]"
            ".map(row => row.cells[arguments[0]].textContent.trim())",
            number,
        )

    def open_sections(self) -> list[str]:
        return self.script(
            "return [...document.querySelectorAll('.repo[open] h3')].map(h => h.textContent)"
        )


def repositories() -> list[Any]:
    """Some of each, among them all that try to become markup."""
    made = [pages.realistic_repository(number) for number in range(SOME)]
    return made + [pages.hostile_repository(text) for text in pages.HOSTILE]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "a report # 1.html"
    page.write_page(path, pages.campaign(SOME + len(pages.HOSTILE)), repositories())
    return path


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = Options()
    assert CHROMIUM
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = webdriver.Chrome(options, Service(DRIVER))
    yield made
    made.quit()


@pytest.fixture
def browser(driver: webdriver.Chrome, written: Path) -> Iterator[Browser]:
    """The page at a desk; afterwards nothing was complained about and nothing asked for."""
    made = Browser(driver, written)
    made.screen(*DESKTOP)
    made.media()
    made.open()
    yield made
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    said = [entry["message"] for entry in driver.get_log("browser")]
    assert said == []
    assert {url.split(":")[0] for url in asked_for(driver)} <= {"file", "about"}


def asked_for(driver: webdriver.Chrome) -> list[str]:
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]


# -------------------------------------------------------------------------------------- the table


def test_sorts_by_numbers_largest_first_then_smallest_then_not(browser: Browser) -> None:
    before = browser.names()
    head = browser.one("[data-key=rewrites]")
    button = head.find_element(By.TAG_NAME, "button")
    numbers = lambda: [int(text or 0) for text in browser.column(3)]  # noqa: E731  # Asked thrice.
    button.click()
    assert head.get_attribute("aria-sort") == "descending"
    assert numbers() == sorted(numbers(), reverse=True)
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert numbers() == sorted(numbers())
    assert browser.names() != before
    button.click()
    assert head.get_attribute("aria-sort") is None
    assert browser.names() == before


def test_sorts_names_as_people_do(browser: Browser) -> None:
    browser.one("[data-key=name] button").click()
    names = [name for name in browser.names() if name.startswith("owner1/")]
    assert names == ["owner1/network-1"]
    browser.one("[data-key=seconds] button").click()
    assert browser.all("[aria-sort]")[0].get_attribute("data-key") == "seconds"
    assert len(browser.all("[aria-sort]")) == 1


def test_filters_by_verdict_and_rule(browser: Browser) -> None:
    chip = browser.one("[data-verdict=still-failing]")
    chip.click()
    assert chip.get_attribute("aria-pressed") == "true"
    assert set(browser.column(1)) == {"still-failing"}
    shown = len(browser.names())
    assert browser.one(".found").text == f"{shown} of {SOME + len(pages.HOSTILE)} shown"
    browser.one("[data-verdict=fixed]").click()
    assert set(browser.column(1)) == {"still-failing", "fixed"}
    browser.one("[data-verdict=fixed]").click()
    chip.click()
    browser.script(
        "const rule = document.getElementById('part:rule');"
        "rule.value = 'optional-argument'; rule.dispatchEvent(new Event('change'))"
    )
    assert len(browser.names()) == SOME  # Others were rewritten by one rule alone.


def test_searches_and_says_where_nothing_is_found(browser: Browser) -> None:
    search = browser.one("input[type=search]")
    search.send_keys("OWNER3 network")
    assert browser.names() == ["owner3/network-3"]
    search.send_keys(" nowhere")
    assert browser.names() == []
    assert browser.one(".none").is_displayed()
    assert not browser.one(".all-repos").is_displayed()
    browser.one(".none button").click()
    assert len(browser.names()) == SOME + len(pages.HOSTILE)


def test_rows_without_a_section_are_shown_found_and_linked_to(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_SECTIONS", 20)
    many = [pages.repository(f"o/{n:04}", seconds=float(n)) for n in range(450)]
    path = tmp_path / "many.html"
    page.write_page(path, pages.campaign(463), many + repositories()[SOME:])
    browser.open(path)
    assert len(browser.names()) == 200
    browser.one("[data-key=seconds] button").click()
    assert browser.names()[0] == "o/0449"
    browser.one(".rest button").click()
    browser.one(".rest button").click()
    assert len(browser.names()) == 463
    assert not browser.one(".rest").is_displayed()
    browser.script("location.hash = 'o/0444'")
    browser.wait(lambda: browser.names() == ["o/0444"])


# ----------------------------------------------------------------------------------- the sections


def test_a_row_leads_to_its_section_and_opens_it(browser: Browser) -> None:
    browser.one("a[href='#owner2/network-2']").click()
    browser.wait(lambda: browser.open_sections() == ["owner2/network-2"])
    top = browser.script("return document.querySelector('.repo[open]').getBoundingClientRect().top")
    assert 0 <= top < 200
    assert browser.driver.switch_to.active_element.tag_name == "summary"


def test_a_deep_link_opens_its_section(browser: Browser) -> None:
    browser.open(to="#owner5/network-5")
    browser.wait(lambda: browser.open_sections() == ["owner5/network-5"])
    assert 0 <= browser.one(".repo[open]").location["y"] - browser.script("return scrollY") < 200


@pytest.mark.parametrize("text", pages.HOSTILE[:-2], ids=lambda text: ascii(text[:20]))
def test_a_deep_link_to_an_odd_name(browser: Browser, text: str) -> None:
    browser.open(to=f"#{fragment(text)}")
    browser.wait(lambda: len(browser.open_sections()) == 1)


def test_a_deep_link_as_people_type_it(browser: Browser) -> None:
    browser.script("location.hash = arguments[0]", pages.BAD_NAME)
    browser.wait(lambda: browser.open_sections() == [pages.BAD_NAME])


def test_a_link_to_nothing_does_nothing(browser: Browser) -> None:
    browser.open(to="#no/such%E0%A4%A")
    assert browser.open_sections() == []


def test_expands_and_collapses_all(browser: Browser) -> None:
    browser.one("[id='part:open']").click()
    assert len(browser.open_sections()) == SOME + len(pages.HOSTILE)
    browser.one("[id='part:close']").click()
    assert browser.open_sections() == []


def test_diffs_are_coloured_and_numbered(browser: Browser) -> None:
    browser.open(to="#owner1/network-1")
    browser.wait(lambda: browser.all(".repo[open] .diff.made"))
    change = pages.realistic_repository(1).run.changes[0]  # type: ignore[union-attr]  # It has one.
    shown = browser.script("""
        const cells = (row) => [...row.cells].map(cell => cell.dataset.n ?? cell.textContent);
        return [...document.querySelector('.repo[open] .diff').rows ?? []].concat(
            [...document.querySelector('.repo[open] .diff table').rows].map(cells))""")
    body = change.patch.split("\n", 3)[3].rstrip("\n").split("\n")
    assert [row[-1] for row in shown] == body
    assert shown[1][:2] == ["10", "10"]
    colours = browser.all(".repo[open] .diff i.tk")
    assert {
        "return",
        "def",
        "assert",
        "for",
        "in",
        "if",
        "else",
        "is",
        "not",
        "None",
        "False",
        "import",
        "from",
    } >= {each.text for each in colours if each.text}
    assert colours


def test_side_by_side_has_old_and_new_beside_each_other(browser: Browser) -> None:
    browser.open(to="#owner1/network-1")
    browser.wait(lambda: browser.all(".repo[open] .diff.made"))
    browser.one("[data-view=split]").click()
    browser.wait(lambda: browser.all(".repo[open] .diff.split"))
    assert browser.one("[data-view=split]").get_attribute("aria-pressed") == "true"
    old, new = browser.script("""
        const rows = [...document.querySelector('.repo[open] .diff.split').querySelectorAll('tr')];
        const side = (cell) => rows.filter(row => row.cells.length === 4
            && row.cells[cell].className !== 'e').map(row => row.cells[cell].textContent);
        return [side(1), side(3)]""")
    change = pages.realistic_repository(1).run.changes[0]  # type: ignore[union-attr]  # It has one.
    body = change.patch.rstrip("\n").split("\n")[3:]
    assert old == [line[1:] for line in body if line[0] in " -"]
    assert new == [line[1:] for line in body if line[0] in " +"]
    browser.one("[data-view=unified]").click()
    browser.wait(lambda: not browser.all(".repo[open] .diff.split"))


def test_packed_sections_unfold_while_one_waits(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "BYTES_FOR_100", 200_000)
    path = tmp_path / "packed.html"
    some = [pages.realistic_repository(number) for number in range(SOME)]
    page.write_page(path, pages.campaign(SOME), some)
    assert 2 < path.read_text("utf-8").count(" data-z=") < SOME
    last = some[11]  # The verdict that comes last among them.
    browser.open(path, f"#{last.name}")
    browser.wait(lambda: browser.all(".repo[open] .diff.made"))
    browser.wait(lambda: not browser.all("[data-z]"))
    assert len(browser.all(".diff")) == 3 * SOME


def test_nothing_in_a_repository_runs_or_becomes_an_element(browser: Browser) -> None:
    browser.one("[id='part:open']").click()
    browser.wait(lambda: not browser.all(".repo .diff:not(.made)"))
    browser.one("[data-view=split]").click()
    browser.wait(lambda: not browser.all(".repo .diff:not(.split)"))
    assert browser.all("img, iframe, object, embed, [onerror], [onclick], [onfocus], base") == []
    assert len(browser.all("script")) == 1
    assert pages.BAD_NAME in browser.names()


# ------------------------------------------------------------------------------------ the keyboard


def test_slash_searches_and_escape_clears(browser: Browser) -> None:
    browser.press("/")
    assert browser.script("return document.activeElement.type") == "search"
    browser.press("owner3")
    assert len(browser.names()) == 1
    browser.press(Keys.ESCAPE)
    assert len(browser.names()) == SOME + len(pages.HOSTILE)


def test_everything_is_reached_by_tab_and_the_focus_is_seen(browser: Browser) -> None:
    reached = []
    for _ in range(24):
        browser.press(Keys.TAB)
        reached.append(browser.script("""
                const here = document.activeElement, style = getComputedStyle(here);
                return [here.id || here.textContent.trim(), style.outlineStyle, here.matches(
                    ':focus-visible')]"""))
    assert reached[0][0] == "Skip to the repositories"
    assert all(seen and outline == "solid" for _, outline, seen in reached)
    names = [name for name, _, _ in reached]
    for part in ("Summary", "part:search", "part:rule", "Repository", "Seconds"):
        assert part in names, names
    assert any(name.startswith("fixed") for name in names)


def test_sections_open_by_enter_and_heads_sort_by_space(browser: Browser) -> None:
    browser.one(".repo summary").send_keys(Keys.ENTER)
    assert len(browser.open_sections()) == 1
    browser.one("[data-key=fixed] button").send_keys(Keys.SPACE)
    assert browser.one("[data-key=fixed]").get_attribute("aria-sort") == "descending"


# ------------------------------------------------------------------------- other ways of looking


def test_without_javascript_all_is_there_to_read(browser: Browser) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.open(to="#owner1/network-1")
    summary = next(s for s in browser.all(".repo > summary") if "owner1/network-1" in s.text)
    section = summary.find_element(By.XPATH, "..")
    if section.get_attribute("open") is None:
        summary.click()
    assert "Cases" in section.text
    diff = section.find_element(By.CSS_SELECTOR, ".diff")
    assert diff.text.startswith("@@ -10,9 +10,12 @@")
    added = diff.find_element(By.TAG_NAME, "ins")
    assert added.value_of_css_property("background-color") != "rgba(0, 0, 0, 0)"
    assert len(browser.all(".all-repos tbody tr")) == SOME + len(pages.HOSTILE)
    assert not any(tools.is_displayed() for tools in browser.all(".tools"))


@pytest.mark.parametrize("view", ["unified", "split"])
def test_a_phone_need_not_scroll_sideways(browser: Browser, view: str) -> None:
    browser.screen(*PHONE)
    browser.open()
    assert browser.script("return innerWidth") == PHONE[0]
    browser.one(f"[data-view={view}]").click()
    browser.one("[id='part:open']").click()
    browser.wait(lambda: not browser.all(".repo .diff:not(.made)"))
    browser.script("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert browser.script("return document.documentElement.scrollWidth") == PHONE[0]
    cells = browser.script(
        "return [...document.querySelector('.all-repos tbody tr').cells]"
        ".map(cell => cell.getBoundingClientRect().right)"
    )
    assert max(cells) <= PHONE[0]


def brightness(browser: Browser, what: str, selector: str = "body") -> float:
    colour = browser.one(selector).value_of_css_property(what)
    red, green, blue = (float(part) for part in colour.split("(")[1].split(")")[0].split(",")[:3])
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def test_dark_where_people_want_it_dark(browser: Browser) -> None:
    browser.media(prefers_color_scheme="light")
    assert brightness(browser, "background-color") > 0.9
    assert brightness(browser, "color") < 0.2
    browser.media(prefers_color_scheme="dark")
    assert brightness(browser, "background-color") < 0.1
    assert brightness(browser, "color") > 0.8
    assert brightness(browser, "background-color", ".panel") < 0.2


CONTRASTS = """
const channel = (value) => { value /= 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = (element) => { for (; element; element = element.parentElement) {
    const colour = numbers(getComputedStyle(element).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour; } return [255, 255, 255]; };
const poor = new Set();
for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const pair = [light(numbers(style.color)), light(ground(element))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) poor.add(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
}
return [...poor]"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast_enough(browser: Browser, scheme: str) -> None:
    browser.media(prefers_color_scheme=scheme)
    browser.open(to="#owner1/network-1")
    browser.wait(lambda: browser.all(".repo[open] .diff.made"))
    browser.script("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    browser.wait(lambda: not browser.all(".repo .diff:not(.made)"))
    browser.one("[data-verdict=fixed]").click()
    assert browser.script(CONTRASTS) == []


def test_print_shows_every_section_light_and_without_controls(browser: Browser) -> None:
    browser.media("print", prefers_color_scheme="dark")
    assert brightness(browser, "background-color") > 0.9
    assert not any(each.is_displayed() for each in browser.all(".tools, .top nav, .rest"))
    browser.script("dispatchEvent(new Event('beforeprint'))")
    assert len(browser.all("details:not([open])")) == 0
    browser.script("dispatchEvent(new Event('afterprint'))")
    assert browser.open_sections() == []
    link = browser.one(".all-repos a")
    assert "underline" in link.value_of_css_property("text-decoration-line")


def test_printed_to_a_file_it_has_what_was_closed(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "closed.html"
    other, full = pages.repository("a/b"), pages.realistic_repository(0)
    lengths = []
    for changes in (full.run.changes, []):  # type: ignore[union-attr]  # It has one.
        run = msgspec.structs.replace(full.run, changes=changes)
        page.write_page(path, pages.campaign(2), [other, msgspec.structs.replace(full, run=run)])
        browser.open(path)
        assert browser.open_sections() == []
        printed = base64.b64decode(browser.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
        lengths.append(len(re.findall(rb"/Type\s*/Page\b", printed)))
    assert lengths[0] >= lengths[1] + 3


def test_nothing_moves_where_people_do_not_want_it(browser: Browser) -> None:
    browser.media(prefers_reduced_motion="reduce")
    moving = browser.script(
        "return [...document.querySelectorAll('*')].flatMap(each => [each, '::before', '::after']"
        ".map(part => getComputedStyle(each, typeof part === 'string' ? part : null)"
        ".transitionDuration)).filter(time => time !== '0s')"
    )
    assert moving == []
