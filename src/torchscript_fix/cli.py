"""The command line: click commands that ask the other modules and print what they answer. No logic,
and the only place that prints. Nothing here, nor anything it imports, imports torch.
"""

import difflib
import json
import os
import platform
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from torchscript_fix import explaining, pages, repair
from torchscript_fix.authoring.commands import accept, new_rule
from torchscript_fix.authoring.interface import page as interface_page
from torchscript_fix.bulk.commands import bulk
from torchscript_fix.bulk.single import campaign_of
from torchscript_fix.cases import (
    Call,
    CaseError,
    DeclaredCase,
    DeducedCase,
    NotThere,
    RecordedCommand,
    WrittenCases,
    parse_command,
    parse_declared,
    read_saved,
    saving,
    with_method,
)
from torchscript_fix.command_line import (
    KEEPING,
    LeftOver,
    WrongCommand,
    choosing_rewrites,
    chosen_rules,
    complete_kinds,
    complete_rule_names,
    interpreter_named,
    kind_called,
    print_document,
    rule_named,
    running_cases,
    section,
    show_error,
    wants_colour,
)
from torchscript_fix.default_command import DefaultCommand, GroupWithDefault
from torchscript_fix.discover import NoSuchPath
from torchscript_fix.journal import JournalError, WriteFailed, write_all
from torchscript_fix.report import diff, document, text
from torchscript_fix.report.describe import rules_document, run_document
from torchscript_fix.report.progress import Bars
from torchscript_fix.report.telling import Deed, Telling
from torchscript_fix.result import Result
from torchscript_fix.rule import Safety, all_rules
from torchscript_fix.terminal import visible
from torchscript_fix.verify.verifier import VerifierUnavailable
from torchscript_fix.version import VERSION

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

EXAMPLES = """\b
Examples:
  torchscript-fix networks/                   show the diff
  torchscript-fix networks/ --write           rewrite in place
  torchscript-fix networks/ | git apply       the same
  torchscript-fix . --case 'networks.saliency:build_model("small")' \\
                    --input 'torch.rand(1, 3, 192, 192)'
  torchscript-fix ./rules                     a folder called like a command
"""

EXIT_CODES = """\b
Exit codes:
  0  done, and every case given by --case, --cases or --run compiles and behaves as before
  1  something is left: such a case does not, or raises in its own code, a file could not be
     read or written, or --check found something to change
  2  the command itself is wrong: no such path, a bad option, no torch to verify with, a --case
     or --input that is no Python or names what is not there
"""

DEPRECATION = """\
TorchScript is deprecated since torch 2.11 and does not work on Python 3.14: for new work see
torch.export. torchscript-fix is for models that have to be scripted all the same.
"""


def main() -> None:
    """Run the command line, and end as a command should: no traceback for what a user did."""
    try:
        exit_code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        show_error(error)
        exit_code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        exit_code = 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        exit_code = 128 + signal.SIGPIPE
    sys.exit(exit_code)


# -------------------------------------------------------------------------------------- values


class CaseCommand(DefaultCommand):
    """The default command, which needs to know which --input follows which --case."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # click gathers the values of each option by itself, but its parser keeps the order.
        options, _, order = self.make_parser(ctx).parse_args(list(args))
        cases, inputs = iter(options.get("case", ())), iter(options.get("input", ()))
        methods = iter(options.get("method", ()))
        given: list[tuple[str, list[str]]] = []
        for param in order:
            if param.name == "case":
                given.append((next(cases), []))
            elif param.name == "input" and given:
                given[-1][1].append(next(inputs))
            elif param.name == "method" and given:
                given[-1] = (_calling(given[-1][0], next(methods)), given[-1][1])
            elif param.name == "method" and not ctx.resilient_parsing:
                raise WrongCommand("--method belongs to the --case before it, and there is none")
            elif param.name == "input" and not ctx.resilient_parsing:
                raise WrongCommand("--input belongs to the --case before it, and there is none")
        ctx.meta["given cases"] = given
        return super().parse_args(ctx, args)


def _calling(case: str, method: str) -> str:
    try:
        return with_method(case, method)
    except CaseError as error:
        raise WrongCommand(str(error)) from error


# ------------------------------------------------------------------------------------ commands


VERIFYING = "What to verify"
doing, verifying = section("What to do"), section(VERIFYING)
PATH = click.Path(path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        used = ", ".join(f"{name} {_version_of(name)}" for name in ("torch", "libcst"))
        click.echo(f"torchscript-fix {VERSION} ({used}, Python {platform.python_version()})")
        ctx.exit()


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


@click.group(
    cls=GroupWithDefault,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{EXAMPLES}\n{EXIT_CODES}\n{DEPRECATION}",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of torchscript-fix, torch and libcst, and exit.",
)
def cli() -> None:
    """Rewrite PyTorch source so that torch.jit.script compiles it, and prove it.

    The diff goes to standard output, everything else to standard error.
    """


@cli.command(cls=CaseCommand)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@doing("--write", is_flag=True, help="Rewrite in place instead of showing the diff.")
@doing("--check", is_flag=True, help="Write nothing; exit 1 where something would change.")
@doing(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    help="Print one JSON document ('torchscript-fix schema') or one HTML page instead.",
)
@doing("-v", "--verbose", is_flag=True, help="List every rewrite, and everything held back.")
@verifying(
    "--case",
    metavar="[NAME=]MODULE:EXPR",
    multiple=True,
    help="A model: 'networks.saliency:build_model()'. Repeatable.",
)
@verifying(
    "--input",
    metavar="EXPR",
    multiple=True,
    help="An argument for the --case before it: 'torch.rand(1, 3, 192, 192)'. Repeatable.",
)
@verifying(
    "--method",
    metavar="NAME",
    multiple=True,
    help="What that --case calls in place of forward.",
)
@verifying(
    "--cases",
    "cases_file",
    metavar="FILE.py",
    type=FILE,
    multiple=True,
    help="A file whose cases(module) yields torchscript_fix.Case. Repeatable.",
)
@verifying(
    "--run",
    metavar="COMMAND",
    multiple=True,
    help="A command that calls models: 'python demo.py', 'pytest tests/'. Repeatable.",
)
@verifying(
    "--stub-missing",
    is_flag=True,
    help="Import code whose packages are not installed all the same.",
)
@verifying(
    "--import-root",
    metavar="DIR",
    type=FOLDER,
    multiple=True,
    help="Where its modules are imported from. Repeatable.",
)
@verifying(
    "--save-cases",
    metavar="FILE.py",
    type=PATH,
    help="Write the cases that ran to a new file, to be edited and given as --cases.",
)
@running_cases(VERIFYING, max_cases=50)
@choosing_rewrites
@click.pass_context
def fix(ctx: click.Context, /, **values: Any) -> None:
    """Rewrite what is found under PATH."""
    options = Options(**values)
    request = _request(options, ctx.meta["given cases"])
    result = _run(request)
    deed, failure = Deed.SHOWN, None
    withheld = _withheld(result, options)
    if options.check:
        deed = Deed.CHECKED
    elif options.write:
        failure = f"nothing was written, {withheld}" if withheld else _write(result)
        deed = Deed.FAILED if failure else Deed.WRITTEN
    if options.output_format == "json":
        print_document(run_document(result, Path.cwd(), deed.value, request.verify))
    elif options.output_format == "html":
        _print_page(run_document(result, Path.cwd(), deed.value, request.verify))
    else:
        _show(result, Telling(deed, Path.cwd(), request.verify, options.verbose, withheld))
    if options.save_cases is not None:
        _save_cases(result, request, options.save_cases)
    if failure:
        raise LeftOver(failure)
    if result.left_over or (options.check and result.changes):
        ctx.exit(1)


@dataclass(frozen=True)
class Options:
    """What stands on the command line, apart from --case and --input."""

    paths: tuple[Path, ...]
    write: bool
    check: bool
    output_format: Literal["text", "json", "html"]
    verbose: bool
    case: tuple[str, ...]
    input: tuple[str, ...]
    cases_file: tuple[Path, ...]
    run: tuple[str, ...]
    no_verify: bool
    python: str | None
    import_root: tuple[Path, ...]
    method: tuple[str, ...]
    stub_missing: bool
    max_cases: int
    save_cases: Path | None
    timeout: float
    memory: int | None
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    safety: str
    rounds: int
    only_fixed: bool
    keep_partial: bool
    hoist: Literal["when-needed", "always"]


def _request(options: Options, given: Sequence[tuple[str, Sequence[str]]]) -> repair.Request:
    _refuse_contradictions(options)
    python = interpreter_named(options.python)
    scripts = Path(python or sys.executable).parent
    try:
        declared = [parse_declared(case, inputs) for case, inputs in given]
        saved = [read_saved(path, scripts) for path in options.cases_file]
        commands = [parse_command(typed, Path.cwd(), scripts) for typed in options.run]
    except CaseError as error:
        raise WrongCommand(str(error)) from error
    return repair.Request(
        paths=options.paths,
        rules=chosen_rules(options.select, options.ignore),
        cases=(*declared, *(case for each in saved for case in each.cases), *commands),
        verify=not options.no_verify,
        safety=Safety(options.safety),
        rounds=options.rounds,
        only_fixed=options.only_fixed,
        keep_partial=options.keep_partial,
        python=python,
        import_roots=(*options.import_root, *(r for each in saved for r in each.import_roots)),
        stub_missing=options.stub_missing or any(each.stub_missing for each in saved),
        hoist=options.hoist,
        max_cases=options.max_cases,
        timeout=options.timeout,
        memory=options.memory,
    )


def _save_cases(result: Result, request: repair.Request, path: Path) -> None:
    """Write the cases that run to a file that is not there yet. Raises LeftOver."""
    calls = {
        case: calls
        for case in result.cases
        if isinstance(case, RecordedCommand) and (calls := _calls_of(case, result))
    }
    found = [case for case in result.cases if not isinstance(case, WrittenCases)]
    found = [c for c in found if c in calls or _is_text_that_runs(c)]
    if not found:
        raise LeftOver(f"--save-cases: no case that runs was found, and {path} is not written")
    needs = saving.Needs(request.import_roots, request.stub_missing, calls)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(saving.source(found, path.parent, needs))
    except OSError as error:
        raise LeftOver(f"--save-cases: {path} cannot be written: {error.strerror}") from error
    many = len(found) + sum(len(each) - 1 for each in calls.values())
    count = f"{many} cases" if many > 1 else "One case"
    told = f"{count} written to {path}: edit and give it as --cases {path}"
    click.echo(visible(told), err=True)


def _calls_of(command: RecordedCommand, result: Result) -> list[Call]:
    """The calls of a command that are cases."""
    begins = f"{command.label} → "
    return [v.call for v in result.verdicts if v.call is not None and v.case.startswith(begins)]


def _is_text_that_runs(case: DeclaredCase | DeducedCase | RecordedCommand) -> bool:
    return not isinstance(case, RecordedCommand) and (
        isinstance(case, DeclaredCase) or case.inputs is not None
    )


def _refuse_contradictions(options: Options) -> None:
    if options.save_cases is not None:
        _refuse_to_save(options, options.save_cases)
    if options.write and options.check:
        raise WrongCommand("--write and --check exclude each other")
    if options.only_fixed and options.keep_partial:
        raise WrongCommand(KEEPING)
    running = options.case or options.cases_file or options.run or options.only_fixed
    if options.no_verify and running:
        excluded = "--case, --cases, --run, --only-fixed"
        raise WrongCommand(f"--no-verify runs no case: it excludes {excluded}")
    if not options.no_verify and options.python is None and sys.version_info >= (3, 14):
        raise WrongCommand(
            "TorchScript does not work on Python 3.14: name another interpreter with --python, "
            "or use --no-verify"
        )


def _refuse_to_save(options: Options, path: Path) -> None:
    """Before anything is run, whose results would then be lost. Raises WrongCommand."""
    if os.path.lexists(path):
        raise WrongCommand(f"--save-cases: {path} is there already; name a file that is not")
    if not path.parent.is_dir():
        raise WrongCommand(f"--save-cases: there is no folder {path.parent}")
    if options.no_verify or options.cases_file:
        raise WrongCommand(
            "--save-cases writes cases that are run and not in a file yet: "
            "it excludes --cases and --no-verify"
        )


def _run(request: repair.Request) -> Result:
    try:
        with Bars() as bars:
            return repair.run(request, bars)
    except NoSuchPath as error:
        close = sorted(difflib.get_close_matches(str(error.path), cli.commands, cutoff=0.7))
        hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise WrongCommand(f"{error}{hint}") from error
    except (NotThere, VerifierUnavailable) as error:
        raise WrongCommand(str(error)) from error


def _withheld(result: Result, options: Options) -> str:
    """Why nothing is written where a case that the user named came to nothing; "" where all is
    well, or the user asks for what the others verified."""
    if options.only_fixed or not result.unusable:
        return ""
    names = ", ".join(verdict.case for verdict in result.unusable)
    others = len(result.unusable) < len(result.verdicts)
    more = ". --only-fixed writes what the other cases verified" if others else ""
    return f"since this could not be built: {names}{more}"


def _write(result: Result) -> str | None:
    """Write all changes; what went wrong, if something did."""
    try:
        with _uninterrupted():
            if result.changes:
                write_all(result.changes)
    except (JournalError, WriteFailed) as error:
        return str(error)
    return None


def _show(result: Result, telling: Telling) -> None:
    if telling.deed is Deed.SHOWN and not telling.withheld:
        if sys.stdout.isatty():
            told = diff.coloured_patch(result.changes, telling.here)
            click.echo(told, nl=False, color=wants_colour(sys.stdout))
        else:
            click.echo(diff.patch(result.changes, telling.here), nl=False)
    click.echo(text.summary(result, telling), nl=False, err=True, color=wants_colour(sys.stderr))


def _print_page(made: document.Run) -> None:
    # Jinja2 and Pygments cost a twentieth of a second, and most runs make no page.
    from torchscript_fix.report import page  # noqa: PLC0415  # Jinja2, for a page alone

    campaign = campaign_of(made)
    for part in page.parts(campaign, lambda: campaign.repositories):
        click.echo(visible(part) if sys.stdout.isatty() else part.encode(), nl=False)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: writing takes milliseconds, and either all files change or none."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@cli.command()
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text")
def rules(output_format: Literal["text", "json"]) -> None:
    """List the rules: name, safety, and what the compiler says."""
    if output_format == "json":
        print_document(rules_document(all_rules()))
        return
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(pages.table(all_rules(), width), nl=False, color=wants_colour(sys.stdout))


@cli.command()
@click.argument("name", metavar="NAME", required=False, shell_complete=complete_rule_names)
@click.option("--interface", is_flag=True, help="List all that a rule may ask.")
def rule(name: str | None, interface: bool) -> None:
    """Explain a rule: what, why, before and after, when it holds back."""
    if name is None and not interface:
        raise WrongCommand("Missing argument 'NAME': 'torchscript-fix rules' lists the rules")
    if name is not None and interface:
        raise WrongCommand("--interface is about all rules: it takes no NAME")
    _print_markdown(interface_page() if name is None else pages.page(rule_named(name)))


@cli.command()
@click.argument("kind", metavar="[KIND]", required=False, shell_complete=complete_kinds)
def explain(kind: str | None) -> None:
    """Explain what TorchScript complains of: a kind of error, or pasted text from standard input.

    With neither, list the kinds. Exit code 1 where the text has an error that is not known here.
    """
    text = "" if kind or sys.stdin.isatty() else sys.stdin.read()
    if text.strip():
        meant = explaining.explained(text, all_rules())
        _print_markdown(meant.markdown)
        if not meant.known:
            raise LeftOver("not every error in this text is known here")
    elif kind:
        _print_markdown(explaining.page(kind_called(kind), all_rules()))
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        click.echo(explaining.table(all_rules(), width), nl=False, color=wants_colour(sys.stdout))


def _print_markdown(page: str) -> None:
    page = visible(page) if sys.stdout.isatty() else page
    click.echo(pages.coloured(page) if wants_colour(sys.stdout) else page, nl=False)


@cli.command()
@click.option("--tables", is_flag=True, help="Explain the tables of a bulk run's state.sqlite.")
def schema(tables: bool) -> None:
    """Print the JSON schema of what --format json prints."""
    if not tables:
        click.echo(json.dumps(document.schema(), indent=2))
        return
    from torchscript_fix.bulk.tables import described  # noqa: PLC0415  # SQLAlchemy is slow

    for table, column, meaning in described():
        click.echo(f"  {column:<12} {meaning}" if column else f"\n{table}: {meaning}")


for command in (bulk, new_rule, accept):
    cli.add_command(command)
