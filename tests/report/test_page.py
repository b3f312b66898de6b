"""The report page as text: what it says, what it keeps out, how large it gets."""

import base64
import hashlib
import html
import json
import re
import shlex
import subprocess
import sys
import tracemalloc
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.report import pages
from torchscript_fix import cli
from torchscript_fix.report import document, import_parts, page
from torchscript_fix.report.page import (
    BYTES_FOR_100,
    MOST_SECTIONS,
    write_page,
)
from torchscript_fix.report.page.advice import MEANINGS
from torchscript_fix.report.page.charts import bar, share
from torchscript_fix.report.page.patches import shown_patch
from torchscript_fix.report.page.section import section
from torchscript_fix.report.page.shown_cases import shell_word
from torchscript_fix.report.page.survey import survey
from torchscript_fix.report.page.visible import (
    fragment,
    link,
    link_to_patch,
    visible,
    without_password,
)

VOID = {"meta", "br", "col", "input", "link", "img", "hr"}


@dataclass
class Node:
    """An element of a page."""

    tag: str
    attributes: dict[str, str]
    children: list["Node | str"] = field(default_factory=list)

    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text() for c in self.children)

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def all(self, tag: str, **attributes: str) -> list["Node"]:
        return [
            node
            for node in self.walk()
            if node.tag == tag and attributes.items() <= node.attributes.items()
        ]


class Strict(HTMLParser):
    """A parser that takes only what needs no mending: every element is closed where it must be."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]
        self.comments: list[str] = []
        self.declarations: list[str] = []

    def handle_decl(self, decl: str) -> None:
        self.declarations.append(decl)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert any(node.tag == "svg" for node in self.open), tag
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, (tag, [node.tag for node in self.open])
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parsed(text: str) -> Strict:
    parser = Strict()
    parser.feed(text)
    parser.close()
    assert [node.tag for node in parser.open] == [""]
    return parser


def page_of(folder: Path, *repositories: document.Repository, total: int | None = None) -> str:
    path = folder / "report.html"
    write_page(path, pages.campaign(total or len(repositories)), repositories)
    return path.read_text("utf-8")


def tree(folder: Path, *repositories: document.Repository) -> Node:
    return parsed(page_of(folder, *repositories)).root


# ------------------------------------------------------------------------------------- what it says


def test_a_repository_of_each_verdict(tmp_path: Path) -> None:
    root = tree(tmp_path, *(pages.repository(v, verdict=v) for v in MEANINGS))
    rows = [row.text() for body in root.all("tbody") for row in body.all("tr")]
    for verdict, meaning in MEANINGS.items():
        assert any(row.startswith(f"{verdict}{verdict}") for row in rows)
        (section,) = root.all("div", id=verdict)
        assert meaning.next in section.text()


def test_what_a_section_tells(tmp_path: Path) -> None:
    root = tree(tmp_path, pages.realistic_repository(1))
    (section,) = root.all("details", **{"class": "repo"})
    said = section.text()
    assert "options that repeat one, after torchscript-fix ." in said
    assert "--case 'networks.decoder0:build_model(width=0)'" in said
    assert "--input 'torch.rand(1, 3, 64, 64)'" in said
    assert "networks/decoder0.py" in said
    assert 'File "networks/decoder1.py", line 118' in said
    assert "before: still-failing" in said
    assert "arguments from argparse in train.py" in said
    assert "Would be decided by a --case that calls Encoder.forward." in said
    assert {"verified", "partial", "narrowing"} <= {node.text() for node in section.all("span")}
    assert len(section.all("pre", **{"class": "diff"})) == 3


def test_import_roots_are_told_where_there_are_several(tmp_path: Path) -> None:
    base = import_parts.ImportRoot(folder=".", why="the folder that its packages lie in")
    lib = import_parts.ImportRoot(folder="lib", why="found in no other place", names=["core"])
    alone = tree(tmp_path, pages.repository("a/a", run=pages.run(import_roots=[base])))
    assert "Imported from" not in alone.text()
    both = tree(tmp_path, pages.repository("a/a", run=pages.run(import_roots=[base, lib])))
    assert "lib (core: found in no other place)." in both.text()


def test_a_message_is_told_once(tmp_path: Path) -> None:
    left = pages.case("left", verdict="still-failing", message="told once", how="one way")
    cases = [left, pages.case("other", verdict="still-failing", message="told once", how="another")]
    of_a_case = pages.repository(
        "a/b", verdict="still-failing", message="told once", run=pages.run(cases=cases)
    )
    said = tree(tmp_path, of_a_case).text()
    assert (said.count("told once"), said.count("one way"), said.count("another")) == (1, 1, 1)
    of_its_own = pages.repository("a/b", verdict="refused", message="told once")
    assert tree(tmp_path, of_its_own).text().count("told once") == 1


@pytest.mark.parametrize(
    "word", ["--case", "a:B('c')", "a b", "it's $HOME", "'\"'", "`ls`'", "'!'", "'\\'", ""]
)
def test_words_for_a_shell(word: str) -> None:
    assert shlex.split(shell_word(word)) == [word]
    echoed = subprocess.run(
        ["bash", "-c", f"printf %s {shell_word(word)}"], capture_output=True, check=True
    )
    assert echoed.stdout.decode() == word


def test_the_unified_diff_is_there_as_text(tmp_path: Path) -> None:
    change = pages.realistic_repository(1).run.changes[0]  # type: ignore[union-attr]  # It has one.
    root = tree(tmp_path, pages.realistic_repository(1))
    diff = root.all("pre", **{"class": "diff"})[0]
    assert diff.text().lstrip("\n") == change.patch.split("\n", 3)[3]


def test_errors_are_grouped_most_frequent_first(tmp_path: Path) -> None:
    def failing(name: str, *errors: str) -> document.Repository:
        cases = [
            pages.case(
                f"c{number}",
                verdict="still-failing",
                error=error,
                before="still-failing",
                before_error=error,
            )
            for number, error in enumerate(errors)
        ]
        return pages.repository(name, verdict="still-failing", run=pages.run(cases=cases))

    root = tree(tmp_path, failing("a/a", "one", "two"), failing("b/b", "two", "two"))
    (errors,) = root.all("ol", **{"class": "errors"})
    first, second = errors.all("li")
    assert first.text().split() == ["3", "two", "in", "2", "repositories", "a/a", "b/b"]
    assert second.text().split() == ["1", "one", "in", "1", "repository", "a/a"]
    assert [link.attributes["href"] for link in first.all("a")] == ["#a/a", "#b/b"]


def test_errors_that_are_gone_are_told_apart(tmp_path: Path) -> None:
    fixed = pages.case("a", verdict="fixed", before="still-failing", before_error="gone now")
    root = tree(tmp_path, pages.repository("a/b", verdict="fixed", run=pages.run(cases=[fixed])))
    (section,) = root.all("section", id="part:errors")
    assert "None is left." in section.text()
    assert section.all("li")[0].text().split()[:3] == ["1", "gone", "now"]


def test_rules_are_ranked_by_the_cases_they_fixed() -> None:
    def fixing(rule: str, *names: str) -> document.MadeRewrite:
        return document.MadeRewrite(
            rule=rule,
            path="a.py",
            line=1,
            function="f",
            summary="s",
            safety="safe",
            standing="verified",
            cases=list(names),
        )

    cases = [
        pages.case("one", verdict="fixed"),
        pages.case("two", verdict="fixed"),
        pages.case("left", verdict="still-failing"),
    ]
    rewrites = [fixing("less", "one", "left"), fixing("most", "one"), fixing("most", "two", "one")]
    found = survey([pages.repository("a", run=pages.run(cases=cases, rewrites=rewrites))])
    assert [(rule.rule, rule.fixed_cases, rule.verified) for rule in found.rules] == [
        ("most", 2, 2),
        ("less", 1, 1),
    ]


def test_a_run_that_is_under_way_and_without_sandbox(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_page(path, pages.campaign(9, finished=None, sandbox=False), [pages.repository("a/b")])
    said = parsed(path.read_text("utf-8")).root.text()
    assert "1 repository of 9 so far" in said
    assert "under way" in said
    assert "--sandbox off" in said


def test_a_run_of_nothing(tmp_path: Path) -> None:
    assert "0 repositories" in tree(tmp_path).text()


def test_one_run_is_a_page_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(MODEL)
    ran = CliRunner().invoke(cli.cli, [".", "--no-verify", "--format", "html"])
    assert (ran.exit_code, ran.stderr) == (0, "")
    root = parsed(ran.stdout).root
    assert root.all("h1")[0].text() == tmp_path.name
    (section,) = root.all("details", **{"class": "repo", "open": ""})
    assert "not verified" in section.text()
    assert root.all("section", id="part:repositories", hidden="")
    assert root.all("section", id="part:next") == []
    assert "+    def forward(self, x, skip: Optional[torch.Tensor] = None):" in section.text()


MODEL = """\
import torch
from torch import nn


class Merge(nn.Module):
    def forward(self, x, skip=None):
        if skip is not None:
            x = x + torch.relu(skip)
        return x
"""


# --------------------------------------------------------------------------------------- escaping


@pytest.mark.parametrize("text", pages.HOSTILE, ids=lambda text: ascii(text[:20]))
@pytest.mark.parametrize("form", ["plain", "packed"])
def test_text_of_others_stays_text(
    text: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "fitted", lambda all, _: {n: getattr(r, form) for n, r in all})
    other_one = pages.repository("other/one")  # Alone, a repository has no table and no ranking.
    one = parsed(page_of(tmp_path, pages.hostile_repository("harmless"), other_one))
    made = page_of(tmp_path, pages.hostile_repository(text), other_one)
    other = parsed(made)
    assert other.comments == []
    assert shape(other.root) == shape(one.root)
    assert not list(unseen(made))


def shape(root: Node) -> object:
    """The elements of a page and their attributes without their text."""
    return {
        (node.tag, name)
        for node in root.walk()
        for name in (*node.attributes, "")
        if node.tag not in ("ins", "del", "b")
    }


def unseen(text: str) -> Iterator[str]:
    return (
        c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")
    )


def test_rows_that_are_data_stay_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_SECTIONS", 1)
    hostile = [pages.hostile_repository(text) for text in pages.HOSTILE]
    parser = parsed(page_of(tmp_path, *hostile))
    (data,) = parser.root.all("script", type="application/json")
    assert not set("<>&\u2028\u2029") & set(data.text())
    rows = json.loads(data.text())
    assert len(rows) == len(hostile) - 1
    assert {row[0] for row in rows} < {visible(text) for text in pages.HOSTILE}
    assert parser.comments == []


def test_what_cannot_be_seen_is_named() -> None:
    assert visible("a\u202eb\x1b[0m\tc\nd") == "a⟨U+202E⟩b⟨U+001B⟩[0m\tc\nd"
    for character in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(character)
        if (
            visible(character) != character
        ):  # "Cn", "Mn": known to a later Unicode only, or no more.
            assert category in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Mn"), ascii(character)
        elif character not in "\t\n":
            assert category not in ("Cc", "Cf", "Cs", "Zl", "Zp"), ascii(character)


def test_every_reference_is_a_fragment_a_patch_or_https(tmp_path: Path) -> None:
    hostile = [pages.hostile_repository(text) for text in pages.HOSTILE]
    root = tree(tmp_path, *hostile, pages.realistic_repository(1))
    links = [node.attributes["href"] for node in root.all("a")]
    assert all(re.match(r"#|\./patches/|https://example\.org/", link) for link in links)
    for node in root.walk():
        assert not {"src", "srcset", "data", "action", "style"} & set(node.attributes), node
        assert not any(name.startswith("on") for name in node.attributes), node
        assert node.tag not in ("link", "img", "iframe", "object", "embed", "base", "a:href")


@pytest.mark.parametrize(
    "source",
    [
        "javascript:alert(1)",
        "http://example.org/a",
        "https://user:word@example.org/a",
        "https://example.org/a b",
        "https://example.org/a?b",
        "https://example.org\n/",
        "https://example.org/a\n",
        "//example.org/a",
        "data:text/html,x",
        "HTTPS://example.org/\u202e",
    ],
)
def test_sources_that_are_no_links(source: str) -> None:
    assert link(source) is None


def test_sources_that_are_links() -> None:
    assert link("https://example.org:8443/a/b-c.git") == "https://example.org:8443/a/b-c.git"


def test_a_password_is_not_shown() -> None:
    assert without_password("https://me:secret@example.org/a") == "https://example.org/a"
    assert without_password("ssh://git@example.org/a") == "ssh://git@example.org/a"
    assert without_password("/a@b/c") == "/a@b/c"
    assert without_password("https://[bad") == "https://[bad"


def test_patches_that_are_not_beside_the_page_are_not_linked() -> None:
    assert link_to_patch("patches/a+b c%.patch") == "./patches/a%2Bb%20c%25.patch"
    assert link_to_patch("javascript:alert(1)") == "./javascript%3Aalert%281%29"
    assert link_to_patch("../x") is link_to_patch("/x") is link_to_patch(None) is None


def test_fragments() -> None:
    assert fragment("owner/a.b-c_d") == "owner/a.b-c_d"
    assert re.fullmatch(r"[A-Za-z0-9%._~/-]+", fragment("".join(pages.HOSTILE)))


def test_the_policy_allows_this_style_and_this_script_alone(tmp_path: Path) -> None:
    root = tree(tmp_path, pages.hostile_repository("x"))
    (policy,) = root.all("meta", **{"http-equiv": "Content-Security-Policy"})
    (style,) = root.all("style")
    (script,) = (node for node in root.all("script") if not node.attributes)
    assert policy.attributes["content"] == (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    for forbidden in ("url(", "@import", "http:", "https:", "innerHTML", "eval("):
        assert forbidden not in style.text() + script.text()


def digest(node: Node) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(node.text().encode()).digest()).decode()


def test_no_address_but_those_of_the_repositories(tmp_path: Path) -> None:
    made = page_of(tmp_path, *map(pages.realistic_repository, range(5)))
    assert set(re.findall(r"\w+://[^/\s\"]+", html.unescape(made))) == {"https://example.org"}


# ------------------------------------------------------------------------------------------ diffs


def change(*lines: str, header: str = "diff --git a/a b/a\n--- a/a\n+++ b/a\n") -> document.Change:
    return document.Change(path="a", added=1, removed=1, patch=header + "\n".join(lines) + "\n")


def coloured(line: str, colours: str) -> list[tuple[str, str]]:
    """The coloured pieces of a line, read as the script does."""
    found, at = [], 0
    for letter, length in re.findall(r"([a-z_])(\d*)", colours):
        end = at + int(length or 1)
        if letter != "_":
            found.append((letter, line[at:end]))
        at = end
    return found


def test_colours_of_a_diff() -> None:
    shown = shown_patch(
        change("@@ -1 +1 @@", " def f(x):", '-    return "a"', "+    return 12  # b")
    )
    pieces = [
        coloured(line, colours)
        for line, colours in zip(shown.lines, shown.colours().split("/"), strict=True)
    ]
    assert pieces == [
        [],
        [("k", "def"), ("f", "f")],
        [("k", "return"), ("s", '"a"')],
        [("k", "return"), ("n", "12"), ("c", "# b")],
    ]


def test_strings_over_several_lines_are_coloured_on_each() -> None:
    shown = shown_patch(change("@@ -1,3 +1,3 @@", '+x = """a', "+b", '+c"""'))
    assert shown.colours().split("/") == ["", "_5s4", "_s", "_s4"]


def test_lines_that_look_like_heads_are_lines() -> None:
    shown = shown_patch(change("@@ -1 +1 @@", "-@@ -9 +9 @@", "+++ b/x", "--- a/x"))
    assert shown.lines == ("@@ -1 +1 @@", "-@@ -9 +9 @@", "+++ b/x", "--- a/x")


def test_what_is_packed_is_what_would_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[page.Rendered] = []
    monkeypatch.setattr(page, "fitted", lambda all, _: taken.extend(r for _, r in all) or {})
    page_of(tmp_path, pages.realistic_repository(1))
    plain, packed = (parsed(form).root for form in (taken[0].plain, taken[0].packed))
    (hidden,) = (node for node in packed.walk() if "data-z" in node.attributes)
    unfolded = zlib.decompress(base64.b64decode(hidden.attributes["data-z"])).decode()
    (inside,) = plain.all("div", **{"class": "inside"})
    assert parsed(unfolded).root.text().strip() == inside.text().strip()


def test_long_diffs_and_lines_are_cut_and_say_so(tmp_path: Path) -> None:
    long = change("@@ -1 +1 @@", *(f"+{'y' * 900}" for _ in range(3000)))
    run = pages.run(changes=[long, long, long, long])
    made = tree(tmp_path, pages.repository("a/b", run=run, patch="patches/a+b.patch")).text()
    assert "500 more characters" not in made
    assert "501 more characters" in made
    assert "and 2,601 more lines: patches/a+b.patch has them" in made
    assert "and 3,001 more lines" in made


# ------------------------------------------------------------------------------------------- size


def test_a_hundred_realistic_repositories_take_less_than_a_megabyte(tmp_path: Path) -> None:
    repositories = [pages.realistic_repository(number) for number in range(100)]
    lines = sum(c.added for each in repositories for c in each.run.changes)  # type: ignore[union-attr]
    assert lines / 100 > 70
    made = page_of(tmp_path, *repositories)
    assert len(made.encode()) < BYTES_FOR_100
    root = parsed(made).root
    assert len(root.all("details", **{"class": "repo"})) == 100
    assert sum(node.tag == "pre" and "data-c" in node.attributes for node in root.walk()) >= 30


def test_repositories_without_end_keep_the_page_small(tmp_path: Path) -> None:
    total = 3 * MOST_SECTIONS
    path = tmp_path / "report.html"

    def repositories() -> Iterator[document.Repository]:
        for number in range(total):
            yield pages.repository(f"o/{number}", verdict="fixed" if number % 2 else "crashed")

    write_page(path, pages.campaign(total), repositories)
    root = parsed(path.read_text("utf-8")).root
    sections = root.all("details", **{"class": "repo"})
    assert len(sections) == MOST_SECTIONS
    assert sum("crashed" in section.text() for section in sections) == MOST_SECTIONS // 2
    assert len(json.loads(root.all("script", id="part:rest")[0].text())) == total - MOST_SECTIONS
    assert f"{total - MOST_SECTIONS:,} of the {total:,} repositories" in root.text()


def test_memory_is_a_row_for_each_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_SECTIONS", 50)

    def peak(total: int) -> int:
        big = pages.run(notes=["n" * 20_000])
        many = (pages.repository(f"o/{n}", run=big, message=f"{n}" * 900) for n in range(total))
        tracemalloc.start()
        write_page(tmp_path / "report.html", pages.campaign(total), many)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = peak(50), peak(1050)
    assert (many - few) / 1000 < 1500


def test_the_old_page_stays_where_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def broken() -> Iterator[document.Repository]:
        yield pages.repository("a/b")
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        write_page(path, pages.campaign(1), broken)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"]


# ----------------------------------------------------------------------------------------- charts


def test_pieces_of_a_bar_fill_it() -> None:
    pieces = bar([("many", 99_999), ("none", 0), ("few", 1)])
    assert [piece.name for piece in pieces] == ["many", "few"]
    assert pieces[0].start == 0
    assert pieces[1].length >= 0.5
    assert pieces[1].start + pieces[1].length == pytest.approx(100, abs=0.01)
    assert bar([("none", 0)]) == ()


def test_shares() -> None:
    assert [share(0, 9), share(1, 900), share(1, 3), share(3, 3), share(0, 0)] == [
        *("0 %", "<1 %", "33 %", "100 %", "0 %")
    ]


def test_what_is_complained_of_is_counted_by_kind_with_advice() -> None:
    varargs = pages.diagnosis(kind="varargs")
    left = [pages.diagnosis(), pages.diagnosis(line=20), varargs]
    cases = [
        pages.case("a", verdict="still-failing", diagnoses=left, before_diagnoses=[varargs]),
        pages.case("b", verdict="still-failing", diagnoses=[pages.diagnosis()]),
        pages.case("c", verdict="fixed", before_diagnoses=[varargs]),
    ]
    found = survey([pages.repository("r", run=pages.run(cases=cases))]).diagnosed
    assert [(each.kind, each.after, each.before) for each in found] == [
        ("list-size", 2, 0),
        ("varargs", 1, 2),
    ]
    assert "star" in found[0].means
    assert found[0].by_hand


def test_a_case_that_is_left_shows_its_kind_and_what_was_tried() -> None:
    case = pages.case(
        "a",
        verdict="still-failing",
        message="no good",
        diagnoses=[pages.diagnosis()],
        rounds=3,
        tried=["varargs"],
    )
    shown = section(pages.repository("r", run=pages.run(cases=[case]))).cases[0]
    assert shown.diagnosed == ("list-size at net.py:12 in Net.forward",)
    assert shown.tried == "it was compiled in 3 rewritten versions, made by varargs"
