"""The report page: one HTML file that says what became of every repository of a bulk run.

It asks the network for nothing, and a policy in it forbids that; text of others is text in it.
"""

import base64
import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from torchscript_fix.report import document
from torchscript_fix.report.page import advice
from torchscript_fix.report.page.charts import Bar, bar, share
from torchscript_fix.report.page.section import Section, section
from torchscript_fix.report.page.survey import Row, Survey, survey
from torchscript_fix.report.page.visible import cut, fragment, visible

MOST_SECTIONS = 500
"""Repositories with a section; the others are a row of the table each."""
MOST_ERRORS = 50
MOST_REASONS = 8
MOST_WORKED = 10
MOST_IN_CHART = 8
BYTES_FOR_100 = 1_000_000
"""What the page may take for each 100 repositories, begun ones included."""

Repositories = Iterable[document.Repository] | Callable[[], Iterable[document.Repository]]


def write_page(path: Path, campaign: document.Campaign, repositories: Repositories) -> None:
    """Write the page of a bulk run; the repositories are gone through twice.

    `campaign.repositories` is not looked at. In memory are a row for each repository and the
    sections that are shown. A file at `path` is replaced once the new one is whole. Raises OSError.
    """
    with _twice(repositories) as go_through, _replaced(path) as file:
        file.writelines(parts(campaign, go_through))


def parts(
    campaign: document.Campaign, go_through: Callable[[], Iterable[document.Repository]]
) -> Iterator[str]:
    """The page in parts, for which the repositories are gone through twice."""
    environment = _environment()
    found = survey(go_through())
    of_all = _of_all(environment, campaign, found)
    template = environment.get_template("page.html")
    chosen = found.first(MOST_SECTIONS)
    without_sections = template.generate(**of_all, rows=chosen, sections=(), rest=(), rest_count=0)
    room = _room(len(found.rows)) - sum(map(_size, without_sections))
    sections = _sections(environment, go_through(), chosen, room)
    shown = [row for row in chosen if row.name in sections]
    page = template.stream(
        **of_all,
        rows=shown,
        sections=(sections[row.name] for row in shown),
        rest=_as_data(row for row in found.rows if row.name not in sections),
        rest_count=len(found.rows) - len(shown),
    )
    page.enable_buffering(50)
    yield from page


def _of_all(environment: Environment, campaign: document.Campaign, found: Survey) -> dict[str, Any]:
    """What the page says of the run as a whole."""
    style, script = (_source(environment, name) for name in ("page.css", "page.js"))
    worked = sorted((row for row in found.rows if row.fixed), key=lambda row: -row.fixed)
    return {
        "campaign": campaign,
        "survey": found,
        "style": style,
        "script": script,
        "policy": _policy(style, script),
        "chart": charts_of(found),
        "errors": found.errors[:MOST_ERRORS],
        "reasons": found.reasons[:MOST_REASONS],
        "worked": worked[:MOST_WORKED],
        "meanings": advice.MEANINGS,
    }


def _room(repositories: int) -> int:
    """Bytes for the whole page, without the rows of what has no section."""
    return BYTES_FOR_100 * -(-min(max(repositories, 1), MOST_SECTIONS) // 100)


# ---------------------------------------------------------------------------------- input, output


@contextmanager
def _twice(
    repositories: Repositories,
) -> Iterator[Callable[[], Iterable[document.Repository]]]:
    """A way to go through them more than once: what can be gone through once is kept in a file."""
    if callable(repositories):
        yield repositories
    elif iter(repositories) is not repositories:
        yield lambda: repositories
    else:
        with tempfile.TemporaryFile() as file:
            for repository in repositories:
                file.write(msgspec.json.encode(repository) + b"\n")

            def again() -> Iterator[document.Repository]:
                file.seek(0)
                for line in file:
                    yield msgspec.json.decode(line, type=document.Repository)

            yield again


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    """A file that takes the place of `path` when all of it is written."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


# -------------------------------------------------------------------------------------- templates


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__name__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        cut=cut,
        fragment=fragment,
        message=_message,
        number=lambda count: f"{count:,}",
        duration=_duration,
        memory=_memory,
        share=share,
    )
    return environment


def _shown(value: Any) -> Any:
    """What templates put out: all but their own markup with nothing unseen in it."""
    return value if isinstance(value, Markup) else visible(str(value))


def _source(environment: Environment, name: str) -> Markup:
    """The style or the script, which are ours."""
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0])


def _policy(style: str, script: str) -> str:
    """Content-Security-Policy: this style, this script, and nothing from anywhere."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _message(text: str) -> Markup:
    """The compiler's words, then its excerpt of the code, with the line that points marked."""
    lines = visible(text).split("\n")
    start = next((n for n, line in enumerate(lines) if line.startswith("  File ")), len(lines))
    words, excerpt = lines[:start], Markup("\n").join(map(_marked, lines[start:]))
    if not excerpt:
        return escape("\n".join(words))
    return escape("\n".join(words)) + Markup('<code tabindex="0">{}</code>').format(excerpt)


def _marked(line: str) -> Markup:
    return Markup("<b>{}</b>").format(line) if "<--- HERE" in line else escape(line)


def _duration(seconds: float) -> str:
    """`0.42 s`, `17 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _memory(amount: int) -> str:
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{amount / 1e6:.0f} MB"


# --------------------------------------------------------------------------------------- sections


@dataclass(frozen=True)
class Rendered:
    """One section as it is, and packed for the script, which takes a quarter of that."""

    plain: Markup
    packed: Markup


def _sections(
    environment: Environment,
    repositories: Iterable[document.Repository],
    chosen: Sequence[Row],
    room: int,
) -> dict[str, Markup]:
    """The sections by name, in the fullest forms for which there is room together."""
    names = {row.name for row in chosen}
    rendered = {
        repository.name: _rendered(environment, section(repository), len(chosen) == 1)
        for repository in repositories
        if repository.name in names
    }
    return fitted([(row.name, rendered[row.name]) for row in chosen if row.name in rendered], room)


def _rendered(environment: Environment, made: Section, only: bool) -> Rendered:
    template = environment.get_template("repository.html")
    body = environment.get_template("body.html").render(repository=made)
    packed = base64.b64encode(zlib.compress(body.encode(), 9)).decode()
    return Rendered(
        Markup(template.render(repository=made, only=only, body=Markup(body), packed="")),
        Markup(template.render(repository=made, only=only, body="", packed=packed)),
    )


def fitted(rendered: Sequence[tuple[str, Rendered]], room: int) -> dict[str, Markup]:
    """Each packed while there is room; then, from the first on, as it is."""
    taken = {}
    for name, forms in rendered:
        if _size(forms.packed) <= room:
            taken[name] = forms.packed
            room -= _size(forms.packed)
    for name, forms in rendered:
        if name in taken:
            more = _size(forms.plain) - _size(forms.packed)
            if more <= room:
                taken[name] = forms.plain
                room -= more
    return taken


def _size(text: str) -> int:
    return len(text.encode())


# ------------------------------------------------------------------------------------------- data


def _as_data(rows: Iterable[Row]) -> Iterator[Markup]:
    """Rows as JSON for the script, one a line, as nothing that HTML would read."""
    for row in rows:
        fields = (
            visible(row.name),
            fragment(row.name),
            row.verdict,
            row.fixed,
            row.cases,
            row.rewrites,
            row.added,
            row.removed,
            round(row.seconds, 2),
            " ".join(row.rules),
            visible(row.error[:80]),
        )
        data = msgspec.json.encode(fields).decode()
        for character in "<>&\u2028\u2029":
            data = data.replace(character, f"\\u{ord(character):04x}")
        yield Markup(data)


# ------------------------------------------------------------------------------------------ charts


@dataclass(frozen=True)
class Charts:
    """The summary's pictures, in numbers."""

    verdicts: Bar
    before: Bar
    after: Bar
    errors: tuple[tuple[str, int, int, float, float], ...]
    """Error, cases before and after, and the same in per cent of the longest."""


def charts_of(found: Survey) -> Charts:
    """Of the whole run."""
    ordered = sorted(found.errors, key=lambda group: (-group.before, group.error))[:MOST_IN_CHART]
    longest = max((max(group.before, group.after) for group in ordered), default=1) or 1
    return Charts(
        verdicts=bar(found.verdicts),
        before=bar(_kinds(found.before)),
        after=bar(_kinds(found.after)),
        errors=tuple(
            (g.error, g.before, g.after, 100 * g.before / longest, 100 * g.after / longest)
            for g in ordered
        ),
    )


def _kinds(kinds: Any) -> list[tuple[str, int]]:
    return [("compile", kinds.compile), ("fail", kinds.fail), ("do-not-run", kinds.do_not_run)]
