"""One repository from clone to patch, in a process of its own: `python -m` this module.

The order comes in as the first line of standard input, the answer goes out as one file, whole or
not at all. What lies in the user's clone is read from the commit, never through the work tree.
"""

import errno
import os
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from torchscript_fix import repair
from torchscript_fix.bulk import patch as patches
from torchscript_fix.bulk.clone import (
    Clone,
    Refused,
    changes_in,
    clone_at,
    commit_of,
    read_plain,
)
from torchscript_fix.bulk.cloning import clone_of
from torchscript_fix.bulk.export import Exported, Scratch, borrow, export
from torchscript_fix.bulk.git import GitFailed
from torchscript_fix.bulk.lifeline import adopt_orphans, die_with_parent, limit
from torchscript_fix.bulk.order import Answer, Options, Order, decoded_order, failed
from torchscript_fix.bulk.verdicts import standing_of
from torchscript_fix.journal import JournalError, WriteFailed, write_all
from torchscript_fix.memory import half_of_this_machine
from torchscript_fix.report import document
from torchscript_fix.report.describe import blanked, run_document, shown, unicode
from torchscript_fix.result import FileChange, Result
from torchscript_fix.rule import Safety, all_rules
from torchscript_fix.source import Unwritable
from torchscript_fix.verify.exploring import WORK
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.verifier import VerifierUnavailable

ANSWER = "answer.json"
TREE, GIT, TEMPORARY = "tree", "git", "tmp"
LARGEST_FILE = 8 << 30
EXPLORING = 1 / 6
"""Seconds of work for finding cases, of each second that a repository has."""
LEAST_ADDRESS_SPACE = 8 << 30


def main() -> None:
    """Carry out the order of standard input in the folder that is the only argument."""
    folder = Path(sys.argv[1])
    adopt_orphans()
    order = decoded_order(_first_line())
    die_with_parent()
    options = order.options
    # What the workers inherit has to let them import torch; what all take together is watched.
    limit(
        max(options.memory, LEAST_ADDRESS_SPACE), min(LARGEST_FILE, options.disk), options.seconds
    )
    _leave(folder, answer_to(order, folder))
    sys.stdout.flush()
    os._exit(0)  # nothing is left to do, and much would be taken down piece by piece


def _first_line() -> bytes:
    data = bytearray()
    while not data.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit("no order was given")
        data += byte
    return bytes(data)


def _leave(folder: Path, answer: Answer) -> None:
    data = msgspec.json.encode(answer)
    begun = folder / f"{ANSWER}.begun"
    begun.write_bytes(data)
    begun.rename(folder / ANSWER)


def answer_to(order: Order, folder: Path) -> Answer:
    """What comes of an order; nothing that a repository does wrong is raised."""
    started = time.monotonic()
    try:
        return _Work(order, folder, started).answer()
    except Refused as error:
        said = unicode(str(error))
        return Answer(fate="done", repository=failed(order, "refused", said, blanked(said)))
    except MemoryError:
        said = f"took more than {options_memory(order.options)} of memory"
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Answer(fate="disk-full", message=str(error))
        said = f"{type(error).__name__}: {error}"
    except (VerifierUnavailable, patches.PatchDefect, GitFailed, RecursionError) as error:
        said = str(error) or type(error).__name__
    repository = failed(
        order,
        "crashed",
        unicode(said),
        blanked(said),
        seconds=time.monotonic() - started,
    )
    return Answer(fate="done", repository=repository)


def options_memory(options: Options) -> str:
    """The limit of memory, for people."""
    return f"{options.memory / (1 << 30):.3g} GB"


class _Silent:
    """A run that nobody watches."""

    def stage(self, name: str, total: int | None) -> None: ...
    def step(self, what: str) -> None: ...


@dataclass(frozen=True)
class _Work:
    """One order at work in its scratch folder."""

    order: Order
    folder: Path
    started: float

    @property
    def options(self) -> Options:
        return self.order.options

    def answer(self) -> Answer:
        uncontained = why_uncontained()
        if self.options.sandbox and uncontained:  # a worker of Dask may be another machine
            raise Refused(f"{uncontained.partition(':')[0]} on {os.uname().nodename}")
        sandboxed = not uncontained
        clone = self._clone()
        commit = self.order.pin or commit_of(clone, sandboxed)
        dirty = changes_in(clone, sandboxed)
        scratch = borrow(clone, commit, self.folder / GIT, sandboxed)
        tree = self.folder / TREE
        exported = export(scratch, tree)
        result = repair.run(self._request(tree), _Silent())
        changes = {
            change.path.relative_to(tree).as_posix(): change.after for change in result.changes
        }
        patch = None
        if changes:
            files = patches.changed_entries(exported, changes)
            patch = patches.patch_to(scratch, patches.tree_with(scratch, files))
        delivery = _Delivery(self.order, clone, commit, dirty, scratch, exported)
        delivery.deliver(result, tree)
        notes = [*exported.notes(), *delivery.notes]
        if dirty:
            notes.append("The clone has changes that are not committed: they play no part.")
        run = self._run(replace(result, notes=(*result.notes, *notes)), tree, delivery.written)
        return Answer(
            fate="done", repository=self._repository(run, commit, patch, delivery), patch=patch
        )

    def _clone(self) -> Clone:
        location = os.fsdecode(self.order.location)
        if not self.order.is_url:
            return clone_at(Path(location))
        place = Path(self.order.clones or self.folder / "clones") / self.order.slug
        return clone_of(location, self.order.pin, place)

    def _request(self, tree: Path) -> repair.Request:
        options = self.options
        return repair.Request(
            paths=(tree,),
            repository=tree,
            rules=tuple(rule for rule in all_rules() if rule.name in options.rules),
            verify=options.verify,
            safety=Safety(options.safety),
            rounds=options.rounds,
            only_fixed=options.only_fixed,
            keep_partial=options.keep_partial,
            python=options.python,
            hoist=options.hoist,
            max_cases=options.max_cases,
            explore_work=min(WORK, options.seconds * EXPLORING),
            explore_seconds=options.seconds / 2,
            timeout=options.timeout,
            memory=options.case_memory or min(half_of_this_machine(), options.memory // 2),
            jobs=1,
            ahead=False,
            by_rule=options.branch is not None,
            own_commands=True,
            stub_missing=options.stub_missing,
        )

    def _run(self, result: Result, tree: Path, written: bool) -> document.Run:
        deed: document.Deed = "written" if written else "shown"
        run = run_document(result, tree, deed, self.options.verify)
        run = msgspec.structs.replace(run, root=self.order.source)
        # Messages speak of files where they lay while it ran: nowhere, by now.
        data = msgspec.json.encode(run)
        for place in (f"{tree}/", str(tree)):
            data = data.replace(msgspec.json.encode(place)[1:-1], b"" if place[-1] == "/" else b".")
        return msgspec.json.decode(data, type=document.Run)

    def _repository(
        self, run: document.Run, commit: str, patch: bytes | None, delivery: "_Delivery"
    ) -> document.Repository:
        standing = standing_of(run)
        return document.Repository(
            name=self.order.name,
            source=self.order.source,
            commit=commit,
            verdict=standing.verdict,
            message=standing.message,
            error=standing.error,
            patch=f"patches/{self.order.slug}.patch" if patch else None,
            branch=delivery.branch,
            written=delivery.written,
            seconds=round(time.monotonic() - self.started, 3),
            peak_memory=0,
            tries=1,
            run=run,
        )


# ------------------------------------------------------------------------------------- delivery


@dataclass
class _Delivery:
    """What goes into the user's clone, where it was asked for: a branch, or the files themselves.

    Nothing that stands in its way costs the result: it is said in a note.
    """

    order: Order
    clone: Clone
    commit: str
    dirty: bool
    scratch: Scratch
    exported: Exported
    branch: str | None = None
    written: bool = False
    notes: list[str] = field(default_factory=list)

    def deliver(self, result: Result, tree: Path) -> None:
        options = self.order.options
        if not result.changes or not (options.write or options.branch):
            return
        if options.write and self._is_written(result, tree):
            self.written = True  # by a run that was killed before it could say so
        elif self.dirty and not options.allow_dirty:
            self.notes.append(
                "Nothing was written to the clone: it has changes that are not committed "
                "(--allow-dirty writes all the same)."
            )
        else:
            self._deliver(result, tree)

    def _deliver(self, result: Result, tree: Path) -> None:
        options = self.order.options
        try:
            if options.branch:
                self._make_branch(result, tree, options.branch)
            if options.write:
                self._write(result, tree)
        except (Refused, Unwritable, WriteFailed, JournalError) as error:
            self.notes.append(f"Nothing was written to the clone: {unicode(str(error))}.")

    def _make_branch(self, result: Result, tree: Path, name: str) -> None:
        steps = [
            patches.Step(
                _message(step.rule, result, tree),
                patches.changed_entries(
                    self.exported,
                    {p.relative_to(tree).as_posix(): data for p, data in step.files.items()},
                ),
            )
            for step in result.steps
        ]
        tip = patches.commits(self.scratch, steps, self.order.committer)
        patches.make_branch(self.scratch, self.clone, name, tip)
        self.branch = name

    def _is_written(self, result: Result, tree: Path) -> bool:
        root = self.clone.work_tree
        return root is not None and all(
            read_plain(root / change.path.relative_to(tree), len(change.after)) == change.after
            for change in result.changes
        )

    def _write(self, result: Result, tree: Path) -> None:
        root = self.clone.work_tree
        if root is None:
            raise Refused("it is bare, so there are no files to write (--branch NAME works)")
        changes = []
        for change in result.changes:
            path = root / change.path.relative_to(tree)
            if Path(os.path.realpath(path)) != path:
                raise Refused(f"{path} is reached through a link, which is not followed")
            try:
                now = path.read_bytes()
            except OSError as error:
                raise Refused(f"{path} cannot be read: {error.strerror}") from error
            if now != change.before:
                raise Refused(f"{path} is not what {self.commit[:12]} has")
            changes.append(FileChange(path, change.before, change.after, change.encoding))
        write_all(changes)
        self.written = True


def _message(rule: str, result: Result, tree: Path) -> str:
    """The message of the commit of one rule."""
    made = [each.rewrite for each in result.rewrites if each.rewrite.rule == rule]
    many = "rewrite" if len(made) == 1 else "rewrites"
    lines = [
        f"- {shown(each.path, tree)}:{each.line} {each.function}: {unicode(each.summary)}"
        for each in made
    ]
    told = "\n".join(line.translate(_PRINTABLE) for line in lines)
    return f"{rule}: {len(made)} {many}, so that torch.jit.script compiles\n\n{told}\n"


_PRINTABLE = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


if __name__ == "__main__":
    main()
