"""What the commands of the command line share: their errors, options that mean the same everywhere,
and how a document is printed."""

import difflib
import io
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from torchscript_fix.default_command import SectionOption
from torchscript_fix.facts.catalogue import kind_named
from torchscript_fix.facts.complaints import Kind, kinds
from torchscript_fix.memory import G, M
from torchscript_fix.report import document
from torchscript_fix.rule import Rule, Safety, all_rules
from torchscript_fix.terminal import visible, visible_json

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class LeftOver(click.ClickException):
    """The work could not be done, though the command was right."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        _show(self, file)


class WrongCommand(click.UsageError):
    """A usage error that one line says: the usage would not help."""

    def show(self, file: Any = None) -> None:
        _show(self, file)


def _show(error: click.ClickException, file: Any) -> None:
    """One line, whatever was typed or is in the names of files."""
    click.echo(visible(f"Error: {error.format_message()}"), file=file, err=True)


def show_error(error: click.ClickException) -> None:
    """Any error of click's as it would show it, with what a terminal would obey made visible."""
    told = io.StringIO()
    error.show(told)
    click.echo(visible(told.getvalue()), nl=False, err=True)


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
        if name in (rule.name, *rule.also_known_as):
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


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """Seconds, or a number with s, m or h."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", str(value))
        seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else 0
        if not seconds:
            self.fail(f"{value!r} is no time: 90, 90s, 15m, 1h", param, ctx)
        return seconds


class Size(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """Bytes, or a number with M or G."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:([MG])(?:i?B)?)?", str(value))
        size = float(found[1]) * {None: 1, "M": M, "G": G}[found[2]] if found else 0
        if size < 1:
            self.fail(f"{value!r} is no size: 512M, 8G", param, ctx)
        return int(size)


# ------------------------------------------------- options of the single command and of bulk alike


KEEPING = "--only-fixed and --keep-partial exclude each other"
RULES: dict[str, Any] = {
    "metavar": "RULES",
    "multiple": True,
    "callback": _rule_names,
    "shell_complete": complete_rule_names,
}


def choosing_rewrites(command: Decorated) -> Decorated:
    """Give a command the options that say which rewrites are made, and kept."""
    option = section("Rewrites")
    safeties = click.Choice([safety.value for safety in Safety])
    return _with(
        command,
        option("--select", **RULES, help="These alone: NAME,NAME. Repeatable."),
        option("--ignore", **RULES, help="All but these. Repeatable."),
        option(
            "--safety",
            type=safeties,
            default=Safety.NARROWING.value,
            help="The worst grade of rewrite that is made. Default: narrowing.",
        ),
        option(
            "--rounds",
            metavar="N",
            type=click.IntRange(min=1),
            default=20,
            help="How often a case is compiled anew. Default: 20.",
        ),
        option("--only-fixed", is_flag=True, help="Keep only what a fixed case reaches."),
        option(
            "--keep-partial",
            is_flag=True,
            help="Keep also what only failing cases reach and is not safe.",
        ),
        option(
            "--hoist",
            type=click.Choice(["when-needed", "always"]),
            default="when-needed",
            help="'always' defines a branch's layers on every path, which changes checkpoints.",
        ),
    )


def running_cases(title: str, max_cases: int) -> Callable[[Decorated], Decorated]:
    """Give a command the options that say how cases are run, under the heading `title`;
    `max_cases` is how many are tried where none is given."""
    option = section(title)

    def decorate(command: Decorated) -> Decorated:
        return _with(
            command,
            option(
                "--no-verify",
                is_flag=True,
                help="Run none of the code; all rewrites stay unverified.",
            ),
            option(
                "--python",
                metavar="INTERPRETER",
                help="Where the code runs; needs torch. Default: our own.",
            ),
            option(
                "--max-cases",
                metavar="N",
                type=click.IntRange(min=0),
                default=max_cases,
                help=f"How many models to try where no case is given. Default: {max_cases}.",
            ),
            option(
                "--timeout",
                metavar="TIME",
                type=Duration(),
                default=300.0,
                help="For one stage of a case, such as one run: 90, 2m. It ends what hangs. "
                "Default: 300.",
            ),
            option(
                "--memory",
                metavar="SIZE",
                type=Size(),
                help="For each side of a case, original or rewrite: 512M, 8G. "
                "Default: half of what there is.",
            ),
        )

    return decorate


def _with(command: Decorated, *options: Callable[[Decorated], Decorated]) -> Decorated:
    """The command with options that --help lists in this order."""
    for option in reversed(options):
        command = option(command)
    return command


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
    print_json(document.encode(made))


def print_json(made: bytes) -> None:
    """JSON as it is, or on a terminal with escapes for what that would obey."""
    click.echo(visible_json(made.decode()).encode() if sys.stdout.isatty() else made, nl=False)
