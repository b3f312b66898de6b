"""What the tool says of its rules: the table of `rules`, and the page of `rule NAME`, which is made
from the docstring of the rule's module and an example that the tests execute.
"""

import inspect
import re
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click

from torchscript_fix.rule import Rule, Safety

MOST_LINES = 30
"""An example on a page is the longest that fits on a screen, so that it shows something real."""

SAFETIES = {
    Safety.SAFE: "the same for every input",
    Safety.NARROWING: "the same for what was observed, narrower otherwise",
    Safety.CHANGES_CHECKPOINTS: "keys of the state_dict change; not by default",
}


# ---------------------------------------------------------------------------------------- table


def table(rules: Sequence[Rule], width: int) -> str:
    """One row for a rule: its name, its safety, and what the compiler says where it helps."""
    rows = [(rule.name, rule.safety.value, rule.messages) for rule in rules]
    name_width = max(len(name) for name in ("rule", *(row[0] for row in rows))) + 2
    safety_width = max(len(safety) for safety in ("at worst", *(row[1] for row in rows))) + 2
    room = max(30, width - name_width - safety_width)
    lines = [f"{'rule':{name_width}}{'at worst':{safety_width}}what the compiler says"]
    for name, safety, messages in rows:
        said = [line for message in messages for line in _wrapped(message, room)]
        lines.append("")
        for number, text in enumerate(said or [""]):
            left = (name, safety) if number == 0 else ("", "")
            lines.append(f"{left[0]:{name_width}}{left[1]:{safety_width}}{text}".rstrip())
    lines[0] = click.style(lines[0], bold=True)
    return "\n".join(lines) + "\n"


def _wrapped(message: str, width: int) -> list[str]:
    return textwrap.wrap(f"“{message}”", width, subsequent_indent="  ", break_on_hyphens=False)


# ----------------------------------------------------------------------------------------- page


def page(rule: Rule) -> str:
    """The page of a rule, in Markdown."""
    text = inspect.getdoc(sys.modules[type(rule).__module__]) or ""
    parts = [
        f"# {rule.name}",
        *([f"Also known as {', '.join(rule.also_known_as)}."] if rule.also_known_as else []),
        text.strip(),
        f"## Safety\n\nAt worst `{rule.safety.value}`: {SAFETIES[rule.safety]}.",
    ]
    example = _example_to_show(rule)
    if example is not None:
        parts.append(
            f"## Example: {example.title}\n\n{example.where}\n\n"
            f"Before:\n\n```python\n{example.before}\n```\n\n"
            f"After:\n\n```python\n{example.after}\n```"
        )
    held_back = _reasons(rule)
    if held_back:
        parts.append("## Held back, for example\n\n" + "\n".join(f"- {r}" for r in held_back))
    return "\n\n".join(parts) + "\n"


def coloured(markdown: str) -> str:
    """The same for a terminal: headings stand out, Python is highlighted."""
    # Pygments costs a tenth of a second, and most runs show no page.
    from pygments import highlight  # noqa: PLC0415
    from pygments.formatters import TerminalFormatter  # noqa: PLC0415
    from pygments.lexers import MarkdownLexer  # noqa: PLC0415

    shown: str = highlight(markdown, MarkdownLexer(), TerminalFormatter())
    return shown


@dataclass(frozen=True)
class ShownExample:
    """One situation of `before_after/`, without the comments that are for the tests."""

    title: str
    where: str
    """Where people meet it."""
    before: str
    after: str


def _example_to_show(rule: Rule) -> ShownExample | None:
    """The longest example of a rule that fits on a screen, or the shortest of all."""
    examples = [
        ShownExample(
            folder.name.replace("-", " "),
            _where(folder / "before.py"),
            _code(folder / "before.py"),
            _code(after),
        )
        for folder in _folders(rule)
        if (after := folder / "after.py").is_file()
    ]
    by_length = sorted(examples, key=lambda example: example.before.count("\n"))
    fitting = [e for e in by_length if e.before.count("\n") < MOST_LINES]
    return next(iter(fitting[-1:] or by_length[:1]), None)


def _folders(rule: Rule) -> list[Path]:
    folder = Path(str(files("torchscript_fix.before_after"))) / rule.name
    return sorted(before.parent for before in folder.glob("*/before.py"))


def _where(file: Path) -> str:
    """The first sentence of an example, which may go over several lines of comment."""
    head = re.match(r"(# (?!torch\.jit|Held back:|Observed:).*\n)*", file.read_text("utf-8"))
    return " ".join(line.lstrip("# ") for line in head.group().splitlines()) if head else ""


def _code(file: Path) -> str:
    """The model of an example: neither the claims at its head nor what makes its inputs."""
    text = re.sub(r"\A(#.*\n)+\n*", "", file.read_text(encoding="utf-8"))
    return re.split(r"^def examples\(", text, maxsplit=1, flags=re.MULTILINE)[0].strip()


def _reasons(rule: Rule) -> list[str]:
    """Why the rule holds back, in the words of its examples."""
    reasons = []
    for folder in _folders(rule):
        text = (folder / "before.py").read_text("utf-8")
        found = re.findall(r"^# Held back: (.+)$", text, re.MULTILINE)
        reasons += [f"{folder.name.replace('-', ' ')} (“{reason}”)" for reason in found]
    return reasons
