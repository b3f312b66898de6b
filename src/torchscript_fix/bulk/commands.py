"""`torchscript-fix bulk`: the command line of bulk runs."""

import os
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from torchscript_fix.command_line import (
    KEEPING,
    Duration,
    LeftOver,
    Size,
    WrongCommand,
    choosing_rewrites,
    chosen_rules,
    interpreter_named,
    print_json,
    running_cases,
    section,
)
from torchscript_fix.default_command import DefaultCommand, GroupWithDefault
from torchscript_fix.memory import shown
from torchscript_fix.terminal import printable
from torchscript_fix.verify.sandbox import why_uncontained

# What a bulk run needs is imported by the functions that run: other commands start without it.

EXAMPLES = """\b
Examples:
  torchscript-fix bulk clones/ --out results       patches and a report for a folder of clones
  torchscript-fix bulk list.txt --out results      paths and git URLs, one a line; URL@COMMIT pins
  torchscript-fix bulk status results              how far it is, also from another terminal
  torchscript-fix bulk report results --open       the page
  torchscript-fix bulk ./status --out results      a folder called like a command

\b
Started again, it goes on where it was: what was done at the same commit, with the same options and
versions, is not done again.
"""

EXIT_CODES = """\b
Exit codes:
  0  every repository was looked at to the end, whatever came of it
  1  some crashed, timed out or could not be read; or the run stopped half way
  2  the command itself is wrong: no such source, no sandbox, no scheduler, a folder in use
"""

RUNNING = "How to run"
running, giving = section(RUNNING), section("What to deliver")

OUT = click.Path(file_okay=False, path_type=Path)
DIR = click.Path(exists=True, file_okay=False, path_type=Path)
FORMAT = click.Choice(["text", "json"])


@click.group(cls=GroupWithDefault, epilog=f"{EXAMPLES}\n{EXIT_CODES}")
def bulk() -> None:
    """Rewrite many repositories: patches, a ranking of what worked, a page.

    SOURCE is a clone, a folder of clones, a git URL, or a file that lists paths and URLs. Clones
    are not touched without --write or --branch.
    """


@bulk.command(cls=DefaultCommand)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@giving("--out", metavar="DIR", type=OUT, required=True, help="Where all results go.")
@giving("--write", is_flag=True, help="Rewrite the clones in place, too.")
@giving("--branch", metavar="NAME", help="Make a branch in each clone, one commit per rule, too.")
@giving("--allow-dirty", is_flag=True, help="Also in clones with uncommitted changes.")
@giving(
    "--format",
    "output_format",
    type=FORMAT,
    default="text",
    help="'json' prints the report at the end: see 'torchscript-fix schema'.",
)
@running(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="Repositories at once. Default: one per processor.",
)
@running("--dask", metavar="ADDRESS", help="Use the workers of this scheduler: tcp://host:8786.")
@running(
    "--timeout-per-repo",
    metavar="TIME",
    type=Duration(),
    default=7200.0,
    help="For one repository: 900, 15m, 2h. It ends what hangs. Default: 2h.",
)
@running(
    "--memory-per-repo",
    metavar="SIZE",
    type=Size(),
    default=8 << 30,
    help="For all processes of one repository. Default: 8G.",
)
@running(
    "--disk-per-repo",
    metavar="SIZE",
    type=Size(),
    default=8 << 30,
    help="For the scratch folder of one repository. Default: 8G.",
)
@running_cases(RUNNING, max_cases=20)
@running(
    "--sandbox",
    type=click.Choice(["required", "off"]),
    default="required",
    help="'off' runs unknown code without bubblewrap, and the report says so.",
)
@running("--retry", is_flag=True, help="Do again what crashed, timed out or could not be read.")
@running("--set-aside", is_flag=True, help="Keep a damaged state.sqlite aside and begin anew.")
@choosing_rewrites
@click.pass_context
def run(ctx: click.Context, /, **values: Any) -> None:
    """Do all repositories."""
    ctx.exit(_run(Values(**values)))


@dataclass(frozen=True)
class Values:
    """What stands on the command line."""

    sources: tuple[str, ...]
    out: Path
    write: bool
    branch: str | None
    allow_dirty: bool
    output_format: Literal["text", "json"]
    jobs: int | None
    dask: str | None
    timeout_per_repo: float
    memory_per_repo: int
    disk_per_repo: int
    timeout: float
    memory: int | None
    max_cases: int
    no_verify: bool
    python: str | None
    sandbox: Literal["required", "off"]
    retry: bool
    set_aside: bool
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    safety: str
    rounds: int
    only_fixed: bool
    keep_partial: bool
    hoist: Literal["when-needed", "always"]


def _run(values: Values) -> int:
    from torchscript_fix.bulk import campaign, database, executors, reports, state, worker
    from torchscript_fix.bulk.git import NoGit, git_on_path
    from torchscript_fix.bulk.sources import WrongSource, links_among

    _refuse_contradictions(values)
    try:
        git_on_path()
        for link in links_among(values.sources):
            click.echo(printable(link), err=True)
        folder = _made(values.out)
        plan = campaign.Plan(folder, values.sources, _options(values), _committer(), values.retry)
        with campaign.locked(folder):
            if values.set_aside and (kept := database.set_aside(folder)):
                click.echo(f"Kept aside: {printable(str(kept))}", err=True)
            worker.sweep(_made(folder / "scratch"))
            known = state.State.open(folder)
            crew = executors.dask(values.dask) if values.dask else executors.local(_jobs(values))
            with _stoppable(), _watcher(crew.jobs) as watcher:
                try:
                    campaign.Campaign(plan, known, crew, watcher).go()
                finally:
                    worker.remove(folder / "scratch")
            reports.write(known, folder)
            known.settle_down()
        return _show(folder, values.output_format)
    except (NoGit, campaign.InUse, WrongSource, executors.NoScheduler, database.Unusable) as error:
        raise WrongCommand(str(error)) from error
    except (database.DiskFull, executors.SchedulerGone) as error:
        raise LeftOver(f"{error}. What was done is kept: resume with the same command") from error
    except KeyboardInterrupt:
        click.echo("Stopped. What was done is kept: resume with the same command", err=True)
        return 128 + signal.SIGINT


def _refuse_contradictions(values: Values) -> None:
    if values.write and values.branch:
        raise WrongCommand("--write and --branch exclude each other")
    if values.allow_dirty and not (values.write or values.branch):
        raise WrongCommand("--allow-dirty belongs to --write or --branch")
    if values.dask and values.jobs:
        raise WrongCommand("--jobs is for this machine: with --dask, the workers say how many")
    if values.memory is not None and values.memory > values.memory_per_repo:
        raise WrongCommand(
            f"--memory {shown(values.memory)} is more than a whole repository may have: "
            f"--memory-per-repo is {shown(values.memory_per_repo)}"
        )
    if values.only_fixed and values.keep_partial:
        raise WrongCommand(KEEPING)
    if values.no_verify and values.only_fixed:
        raise WrongCommand("--no-verify runs no case: it excludes --only-fixed")
    if values.branch and not _is_branch_name(values.branch):
        raise WrongCommand(f"no branch can be called {values.branch!r}")
    if values.sandbox == "required" and not values.dask and why_uncontained():
        raise WrongCommand(
            f"{why_uncontained().partition(':')[0]}, and unknown code is not run without it. "
            "Install it (apt install bubblewrap), or say --sandbox off"
        )


def _is_branch_name(name: str) -> bool:
    done = subprocess.run(
        ["git", "check-ref-format", "--branch", name], capture_output=True, check=False
    )
    return done.returncode == 0 and not name.startswith(("-", "@"))


def _options(values: Values) -> Any:
    from torchscript_fix.bulk.order import Options

    return Options(
        rules=[rule.name for rule in chosen_rules(values.select, values.ignore)],
        verify=not values.no_verify,
        safety=values.safety,
        rounds=values.rounds,
        only_fixed=values.only_fixed,
        keep_partial=values.keep_partial,
        hoist=values.hoist,
        python=interpreter_named(values.python),
        max_cases=values.max_cases,
        timeout=values.timeout,
        case_memory=values.memory,
        sandbox=values.sandbox == "required",
        write=values.write,
        branch=values.branch,
        allow_dirty=values.allow_dirty,
        seconds=values.timeout_per_repo,
        memory=values.memory_per_repo,
        disk=values.disk_per_repo,
    )


def _committer() -> str:
    """Whom commits are by: the user as git knows them, or the tool."""
    told = [
        subprocess.run(
            ["git", "config", "--global", f"user.{what}"],
            capture_output=True,
            check=False,
            cwd="/",
        )
        .stdout.decode(errors="replace")
        .strip()
        for what in ("name", "email")
    ]
    if not all(told) or any(set("<>\n") & set(part) for part in told):
        told = ["torchscript-fix", "torchscript-fix@localhost"]
    return f"{told[0]} <{told[1]}>"


def _made(folder: Path) -> Path:
    """The folder as a real path, made where it was not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongCommand(f"{folder} cannot be made: {error.strerror}") from error
    return Path(os.path.realpath(folder))


def _jobs(values: Values) -> int:
    return values.jobs or len(os.sched_getaffinity(0))


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM stops a run as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _watcher(jobs: int) -> Any:
    from rich.console import Console

    from torchscript_fix.bulk.progress import Display, Lines

    console = Console(stderr=True)
    return Display(console, jobs) if console.is_terminal else Lines(sys.stderr)


# --------------------------------------------------------------------------------------- asking


@bulk.command()
@click.argument("folder", metavar="DIR", type=DIR)
@click.option("--format", "output_format", type=FORMAT, default="text")
def status(folder: Path, output_format: Literal["text", "json"]) -> None:
    """Show how far a bulk run is, also while it is under way."""
    from torchscript_fix.bulk.database import Unusable
    from torchscript_fix.bulk.state import State

    try:
        known = State.read(folder)
        if output_format == "json":
            _print_campaign(known, with_repositories=False)
            return
        _print_status(known)
    except Unusable as error:
        raise WrongCommand(str(error)) from error


@bulk.command()
@click.argument("folder", metavar="DIR", type=DIR)
@click.option("--open", "open_it", is_flag=True, help="Open the page in the browser.")
@click.option("--format", "output_format", type=FORMAT, default="text")
@click.pass_context
def report(
    ctx: click.Context, folder: Path, open_it: bool, output_format: Literal["text", "json"]
) -> None:
    """Write report.html and report.json anew, of what is done so far."""
    from torchscript_fix.bulk import reports
    from torchscript_fix.bulk.database import DiskFull, Unusable
    from torchscript_fix.bulk.state import State

    try:
        known = State.read(folder)
        if output_format == "json":
            _print_campaign(known, with_repositories=True)
        else:
            reports.write(known, folder)
            click.echo(printable(str(folder / reports.HTML)))
        if open_it:
            webbrowser.open((folder / reports.HTML).absolute().as_uri())
    except Unusable as error:
        raise WrongCommand(str(error)) from error
    except (DiskFull, OSError) as error:
        raise LeftOver(str(error)) from error
    ctx.exit(0)


def _print_campaign(known: Any, with_repositories: bool) -> None:
    from torchscript_fix.bulk import reports

    repositories = known.documents() if with_repositories else ()
    for piece in reports.pieces(known.campaign(), repositories):
        print_json(piece)


def _print_status(known: Any) -> None:
    from torchscript_fix.bulk import table

    campaign, counts = known.campaign(), known.counts()
    end = f"finished {campaign.finished}" if campaign.finished else "not finished"
    click.echo(f"Started {campaign.started}, {end}")
    for line in table.lines(known.errors(), counts.get("", 0)):
        click.echo(line)
    flying = known.in_flight()
    if flying:
        click.echo(f"In flight when last heard of: {', '.join(map(printable, flying))}")


def _show(folder: Path, output_format: Literal["text", "json"]) -> int:
    """Print what came of a run; the exit code."""
    from torchscript_fix.bulk import reports, table
    from torchscript_fix.bulk.state import State

    known = State.read(folder)
    counts = known.counts()
    if output_format == "json":
        _print_campaign(known, with_repositories=True)
    else:
        for line in table.lines(known.errors(), counts.get("", 0)):
            click.echo(line)
        for name in (reports.HTML, reports.JSON, "patches", "state.sqlite"):
            if (folder / name).exists():
                click.echo(printable(str(folder / name)), err=True)
    return 1 if table.is_bad(counts) else 0
