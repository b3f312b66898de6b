"""What the commands of the command line share: their errors, options that mean the same everywhere,
and how a document is printed."""

import difflib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from torchscript_fix.default_command import SectionOption
from torchscript_fix.facts.catalogue import kind_named
from torchscript_fix.facts.complaints import Kind, kinds
from torchscript_fix.report import document
from torchscript_fix.rule import Rule, Safety, all_rules

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class LeftOver(click.ClickException):
    """The work could not be done, though the command was right."""

    exit_code = 1


class WrongCommand(click.UsageError):
    """A usage error that one line says: the usage would not help."""

    def show(self, file: Any = None) -> None:
        click.echo(f"Error: {self.format_message()}", file=file, err=True)


def section(title: str) -> Callable[..., Callable[[Decorated], Decorated]]:
    """`click.option` for options that --help shows under one heading."""

    def option(*names: str, **settings: Any) -> Callable[[Decorated], Decorated]:
        return click.option(*names, cls=SectionOption, section=title, **settings)

    return option


def _rule_names(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Names of rules, separated by commas in any number of values."""
    names = (name.strip() for value in values for name in value.split(","))
    return tuple(rule_named(name).name for name in names if name)


def complete_rule_names(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    before, comma, start = incomplete.rpartition(",")
    names = (rule.name for rule in all_rules())
    return [CompletionItem(before + comma + name) for name in names if name.startswith(start)]


def rule_named(name: str) -> Rule:
    """The rule of that name. Raises WrongCommand, which says what it may have been meant to be."""
    for rule in all_rules():
        if rule.name == name:
            return rule
    names = [rule.name for rule in all_rules()]
    close = difflib.get_close_matches(name, names, 1, 0.5)
    hint = f"did you mean '{close[0]}'?" if close else "'torchscript-fix rules' lists them"
    raise WrongCommand(f"no such rule: {name}; {hint}")


def complete_kinds(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The kinds of errors that begin like this."""
    return [CompletionItem(kind.name) for kind in kinds() if kind.name.startswith(incomplete)]


def kind_called(name: str) -> Kind:
    """The kind of that name. Raises WrongCommand, which says what it may have been meant to be."""
    kind = kind_named(name)
    if kind is not None:
        return kind
    close = difflib.get_close_matches(name, [kind.name for kind in kinds()], 1, 0.5)
    hint = f"did you mean '{close[0]}'?" if close else "'torchscript-fix explain' lists them"
    raise WrongCommand(f"no such kind of error: {name}; {hint}")


RULE_NAMES: dict[str, Any] = {
    "metavar": "RULES",
    "multiple": True,
    "callback": _rule_names,
    "shell_complete": complete_rule_names,
}

SAFETY: dict[str, Any] = {
    "type": click.Choice([safety.value for safety in Safety]),
    "default": Safety.NARROWING.value,
}
ROUNDS: dict[str, Any] = {"metavar": "N", "type": click.IntRange(min=1), "default": 20}


def interpreter_named(name: str | None) -> str | None:
    """Its absolute path: where it is started is not where the user stands."""
    if name is None:
        return None
    found = shutil.which(name)
    if found is None:
        raise WrongCommand(f"no such interpreter: {name}")
    return str(Path(found).absolute())


def chosen_rules(select: Sequence[str], ignore: Sequence[str]) -> tuple[Rule, ...]:
    return tuple(
        rule
        for rule in all_rules()
        if (not select or rule.name in select) and rule.name not in ignore
    )


def wants_colour(stream: Any) -> bool:
    """Colours on a terminal only, and not where the user says NO_COLOR (no-color.org)."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return bool(wanted and stream.isatty())


def print_document(made: document.Document) -> None:
    click.echo(document.encode(made), nl=False)
