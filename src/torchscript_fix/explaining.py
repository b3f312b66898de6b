"""What `torchscript-fix explain` says: the list of the kinds of errors, the page of one, and what a
pasted error means. Made from the catalogue and from what the rules say that they answer.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import click

from torchscript_fix.facts.catalogue import OTHER, kinds_answered, recognised
from torchscript_fix.facts.compiler_report import Report, reports_in
from torchscript_fix.facts.complaints import Kind, kinds
from torchscript_fix.rule import Rule

LONGEST_WORDS = 12
"""Lines of a message that are shown."""


def table(rules: Sequence[Rule], width: int) -> str:
    """One row for a kind: its name, what the compiler says, the rules that answer it."""
    room = max(30, width - 31)
    title = f"{'kind':31}what the compiler says, and the rules that answer it"
    lines = [click.style(title, bold=True)]
    for kind in kinds():
        said = textwrap.wrap(f"“{kind.says[0].splitlines()[0]}”", room, max_lines=2)
        names = ", ".join(rule.name for rule in answering(kind, rules))
        said += textwrap.wrap(f"→ {names}", room, break_on_hyphens=False) if names else []
        lines.append("")
        lines += [f"{kind.name if n == 0 else '':31}{text}" for n, text in enumerate(said)]
    known = {rule.name for kind in kinds() for rule in answering(kind, rules)}
    others = ", ".join(rule.name for rule in rules if rule.name not in known)
    if others:
        told = f"Rules for what is no kind of its own: {others}"
        lines += ["", *textwrap.wrap(told, width, break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def page(kind: Kind, rules: Sequence[Rule]) -> str:
    """The page of a kind, in Markdown."""
    parts = [f"# {kind.name}"]
    if kind.says:
        parts.append("The compiler says, for example:")
        parts += [textwrap.indent(said, "    ") for said in kind.says]
    parts += ["## What it means", kind.means, "## The rules that answer it"]
    parts += [_rules(answering(kind, rules)), "## By hand", kind.by_hand]
    return "\n\n".join(parts) + "\n"


def answering(kind: Kind, rules: Sequence[Rule]) -> list[Rule]:
    """The rules whose own messages are of a kind."""
    return [rule for rule in rules if kind.name in kinds_answered(rule.messages)]


@dataclass(frozen=True)
class Explained:
    """What a pasted text means."""

    markdown: str
    known: bool
    """Whether each error in it is of a kind that the catalogue has."""


def explained(text: str, rules: Sequence[Rule]) -> Explained:
    """Explain each error in a text that somebody pasted, as Markdown."""
    reports = [report for report in reports_in(text) if report.words]
    if not reports:
        return Explained("There is no error in this text.\n", False)
    pages = [_explained(report, rules) for report in reports]
    known = all(recognised(report.words).kind is not OTHER for report in reports)
    return Explained("\n\n".join(pages) + "\n", known)


def _explained(report: Report, rules: Sequence[Rule]) -> str:
    seen = recognised(report.words)
    kind = seen.kind
    lines = report.words.split("\n")
    words = lines[:LONGEST_WORDS] + (["…"] if len(lines) > LONGEST_WORDS else [])
    parts = [f"# {kind.name}" if kind is not OTHER else "# Not known here"]
    parts.append(textwrap.indent("\n".join(words), "    "))
    if report.shown:
        where = report.shown[0]
        parts.append(f"At {where.file}, line {where.line}.")
    involved = ", ".join(f"{what} `{name.strip()}`" for what, name in seen.involved.items())
    if involved:
        parts.append(f"Involved: {involved}.")
    parts.append(f"**It means:** {kind.means}")
    answers = [rule for rule in rules if rule.answers(report.words)] or answering(kind, rules)
    parts.append(f"**Rules:** {_rules(answers)}")
    parts.append(f"**By hand:** {kind.by_hand}")
    return "\n\n".join(parts)


def _rules(rules: Sequence[Rule]) -> str:
    if not rules:
        return "None yet: it is done by hand."
    rows = [f"- {rule.name}: {rule.summary} (`torchscript-fix rule {rule.name}`)" for rule in rules]
    return "\n" + "\n".join(rows) if len(rows) > 1 else rows[0].removeprefix("- ")
