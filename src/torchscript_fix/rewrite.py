"""Rules applied to the files of a project: find, accept what does not overlap, cut, format.

Goes round until no rule finds anything more, so what comes out is what a second run leaves alone.
"""

import ast
import gc
import threading
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

from torchscript_fix import garbage
from torchscript_fix.editing.edit import Edit
from torchscript_fix.editing.formatting import format_touched
from torchscript_fix.editing.surgery import SurgeryError, apply_edits, overlaps
from torchscript_fix.facts.attribute import cached_property
from torchscript_fix.facts.observed import Place
from torchscript_fix.facts.static import FileFacts, Project
from torchscript_fix.line_map import original_line
from torchscript_fix.rule import HeldBack, Rewrite, Rule

Finding = TypeVar("Finding", Rewrite, HeldBack)
About = TypeVar("About", Rewrite, HeldBack, "Failure")

MOST_MADE = 256
"""New texts of files that are kept, in case the same is made of them again."""
MOST_ROUNDS = 16
"""Rewrites that overlap wait for the next round; deeper nests than this are left for a next run."""


@dataclass(frozen=True)
class Failure:
    """A file that a rule or the surgery could not cope with; it is left as it was."""

    path: Path
    rule: str
    reason: str


@dataclass(frozen=True)
class Rewriting:
    """What the rules made of a project. Lines are those of the files as they were read."""

    texts: dict[Path, str]
    """The new text of each file that changed."""
    rewrites: tuple[Rewrite, ...]
    held_back: tuple[HeldBack, ...]
    failures: tuple[Failure, ...]

    @cached_property
    def by_place(self) -> dict[Place, list[int]]:
        """A file and the function or class in it that changes, to the places in `rewrites`."""
        found: dict[Place, list[int]] = {}
        for index, rewrite in enumerate(self.rewrites):
            found.setdefault((rewrite.path, rewrite.function), []).append(index)
        return found

    @cached_property
    def _by_file(self) -> dict[Path, list[Rewrite]]:
        found: dict[Path, list[Rewrite]] = {}
        for rewrite in self.rewrites:
            found.setdefault(rewrite.path, []).append(rewrite)
        return found

    def in_file(self, path: Path | None) -> Sequence[Rewrite]:
        """The rewrites in one file, in their order."""
        return self._by_file.get(path, ()) if path is not None else ()

    def with_files(self, paths: Collection[Path], made: "Rewriting") -> "Rewriting":
        """The same, with some files as they are in another rewriting."""
        kept = {path: text for path, text in self.texts.items() if path not in paths}
        texts = kept | {path: text for path, text in made.texts.items() if path in paths}
        return Rewriting(
            texts,
            _exchanged(self.rewrites, made.rewrites, paths),
            _exchanged(self.held_back, made.held_back, paths),
            _exchanged(self.failures, made.failures, paths),
        )

    def reaching(self, places: Collection[Place]) -> list[Rewrite]:
        """The rewrites in any of these places, in their order."""
        here = self.by_place
        found = [index for place in places if place in here for index in here[place]]
        return [self.rewrites[index] for index in sorted(found)]


def rewrite_project(
    project: Project,
    rules: Sequence[Rule],
    allowed: Callable[[Rewrite], bool] = lambda _: True,
    on_file: Callable[[Path], None] = lambda _: None,
    only: Collection[Path] | None = None,
) -> Rewriting:
    """Apply `rules` to all files, or to those in `only`; `allowed` has the last word on each
    rewrite, and `on_file` is told of each file as it is looked at in the first round. What is known
    of the given project is forgotten as it has served: that is what most of the memory goes into.
    """
    before = {path: file.text for path, file in project.files.items()}
    made: list[Rewrite] = []
    failures: dict[Path, Failure] = {}
    held_back: dict[Path, list[HeldBack]] = {path: [] for path in before}
    everything = set(before if only is None else only)
    # What has just changed is looked at first, until it stays; then, once, what it may change.
    now, later = everything, set[Path]()
    for turn in range(MOST_ROUNDS):
        texts: dict[Path, str] = {}
        for path, file in project.files.items():
            if turn == 0:
                on_file(path)
            if path in failures or path not in now:
                continue
            found = _Findings(rules, file)
            held_back[path] = [_in_original(h, before[path], file.text) for h in found.held_back]
            accepted = _without_overlaps([r for r in found.rewrites if allowed(r)])
            try:
                text = _edited(file, accepted, before[path])
            except SurgeryError as error:
                found.failures.append(Failure(path, _names(accepted), str(error)))
            if found.failures:
                # Half of a file's rewrites may not be right without the rest: all or nothing.
                failures[path] = found.failures[0]
                made = [rewrite for rewrite in made if rewrite.path != path]
                texts[path] = before[path]
            elif text != file.text:
                texts[path] = text
                made += (_in_original(r, before[path], file.text) for r in accepted)
        if not texts and not later:
            break
        later |= project.joined(texts) & everything
        now = set(texts) or later
        later = later - now
        if texts:
            through, project = project, project.renewed(texts)
            through.forget()
        if garbage.is_much():
            gc.collect()
    project.forget()
    changed = {p: f.text for p, f in project.files.items() if f.text != before[p]}
    held = tuple(one for ones in held_back.values() for one in ones)
    return Rewriting(changed, tuple(made), held, tuple(failures.values()))


def _exchanged(
    mine: Sequence[About], theirs: Sequence[About], paths: Collection[Path]
) -> tuple[About, ...]:
    """What is about files at `paths` by the others, all else by the first."""
    kept = [each for each in mine if each.path not in paths]
    kept += [each for each in theirs if each.path in paths]
    return tuple(kept)


class _Findings:
    """What all rules find in one file. A rule that stumbles costs that file, not the run."""

    def __init__(self, rules: Sequence[Rule], file: FileFacts) -> None:
        self.rewrites: list[Rewrite] = []
        self.held_back: list[HeldBack] = []
        self.failures: list[Failure] = []
        for rule in rules:
            try:
                for finding in rule.find(file):
                    if isinstance(finding, Rewrite):
                        self.rewrites.append(finding)
                    else:
                        self.held_back.append(finding)
            except Exception as error:  # a bug of ours; the file must not pay for it
                reason = f"internal error: {type(error).__name__}: {error}"
                self.failures.append(Failure(file.path, rule.name, reason))


def _without_overlaps(rewrites: Sequence[Rewrite]) -> list[Rewrite]:
    """The rewrites that can be made in one pass; the rest is found again in the next round."""
    accepted: list[Rewrite] = []
    taken: list[Edit] = []
    for rewrite in rewrites:
        if not any(overlaps(edit, other) for edit in rewrite.edits for other in taken):
            accepted.append(rewrite)
            taken += rewrite.edits
    return accepted


def _edited(file: FileFacts, rewrites: Sequence[Rewrite], written: str) -> str:
    """The new text of a file, which people had `written` otherwise. A repair starts from the same
    texts again and again, and most of what it makes of them is what it made the last time."""
    edits = [edit for rewrite in rewrites for edit in rewrite.edits]
    if not edits:
        return file.text
    key = file.path, written, file.text, tuple(map(_spelled_out, edits))
    text = _made.get(key)
    if text is None:
        made = apply_edits(file.text, edits, file.tree)
        text = format_touched(file.text, made, file.path, written)
        with _making:
            _made[key] = text
            if len(_made) > MOST_MADE:
                _made.pop(next(iter(_made)))
    return text


_made: dict[Hashable, str] = {}
_making = threading.Lock()


def _spelled_out(edit: Edit) -> Hashable:
    """What an Edit says, equal for equal: its nodes by where they stand."""
    parts = (getattr(edit, field.name) for field in fields(edit))
    return type(edit), *(_where(part) if isinstance(part, ast.AST) else part for part in parts)


def _where(node: ast.AST) -> Hashable:
    assert isinstance(node, ast.stmt | ast.expr | ast.arg)
    return type(node), node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _names(rewrites: Sequence[Rewrite]) -> str:
    return ", ".join(dict.fromkeys(rewrite.rule for rewrite in rewrites))


def _in_original(finding: Finding, before: str, now: str) -> Finding:
    """A finding with its line counted in the text that the file had at first."""
    if before == now:
        return finding
    return replace(finding, line=original_line(before, now, finding.line))
