"""What the compiler said of cases that fail: Diagnoses, and where they point in the code as it is.

A Diagnosis is kept with its line in the file as the user has it. Rewriting changes lines, so it is
found again by its function and the code that the compiler underlined.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from torchscript_fix.facts.attribute import cached_property
from torchscript_fix.facts.catalogue import recognised
from torchscript_fix.facts.pointed import source_of
from torchscript_fix.line_map import line_now

if TYPE_CHECKING:
    from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, Project

Stage = Literal["compile", "run", "save", "load"]


@dataclass(frozen=True)
class Caller:
    """One step of the way on which the compiler came to a function."""

    path: Path
    line: int
    function: str
    """As the compiler names it: `Net.forward`."""


@dataclass(frozen=True)
class Diagnosis:
    """One error of the compiler, of the scripted module as it ran, or of saving or loading it."""

    stage: Stage
    message: str
    """The literal words, without the extracts of code that the compiler shows."""
    path: Path | None
    """The file under the path that it points into; None where it points to none."""
    line: int
    """1-based, in the file as the user has it; 0 where `path` is None."""
    function: str
    """Qualified name of the function that it stands in; "" where it stands in none."""
    code: str
    """The node that the compiler underlined, as it stands in the file; of a compound statement its
    head. "" where nothing is underlined."""
    model: str = ""
    """Class of the module that was being compiled, the innermost of the user's: its qualified
    name. For an inherited method it is the class that inherits it."""
    column: int = field(default=-1, compare=False)
    """Byte in the line at which `code` begins; -1 where there is none."""
    chain: tuple[Caller, ...] = field(default=(), compare=False)
    """How the compiler came there, innermost first."""
    case: str = field(default="", compare=False)
    """The case that showed it first."""
    outside: str = ""
    """Where it points outside the path: package, its version, file and line. The place is then
    where the user's code leads there."""

    @property
    def kind(self) -> str:
        """What the catalogue calls it: "varargs", "list-size", …, "other"."""
        return recognised(self.message).kind.name

    @property
    def next_step(self) -> str:
        """What a person does where no rule helps."""
        by_hand = recognised(self.message).kind.by_hand
        if not self.outside:
            return by_hand
        return (
            "That code is not among these files. Look first at what yours gives it; else call "
            f"something else there, or copy the function into your files and mend it: {by_hand}"
        )

    @property
    def involved(self) -> Mapping[str, str]:
        """The names and types in the message: any of `name`, `model`, `wanted`, `found`."""
        return recognised(self.message).involved


@dataclass(frozen=True, eq=False)
class Located:
    """A Diagnosis with the nodes that it points to in the text that is being rewritten."""

    diagnosis: Diagnosis
    function: "FunctionFacts | None"
    owner: "ClassFacts | None"
    """The class of the function, or that the Diagnosis is about."""
    node: ast.AST | None
    """The outermost node whose source is the underlined code, nearest to the line: an expression,
    an argument or a statement (never an `ast.Expr`, but what it holds)."""
    line: int
    """1-based, in the text that is being rewritten."""

    @property
    def message(self) -> str:
        return self.diagnosis.message


@dataclass(frozen=True)
class Diagnosed:
    """All diagnoses of a project so far, and the texts that their lines count in."""

    diagnoses: tuple[Diagnosis, ...] = ()
    originals: dict[Path, str] = field(default_factory=dict, compare=False)
    unanswered: tuple[Diagnosis, ...] = ()
    """Those that are left once the rules have gone round and learn nothing new, each in a user's
    function: what rules of last resort are for. None before that."""

    def in_file(self, file: "FileFacts", messages: Sequence[str] = ()) -> Iterator[Located]:
        """The diagnoses that point into a file; with `messages`, those that say one of them."""
        for diagnosis in self._by_path.get(file.path, ()):
            if not messages or any(part in diagnosis.message for part in messages):
                yield self.located(diagnosis, file)

    @cached_property
    def _by_path(self) -> dict[Path, list[Diagnosis]]:
        found: dict[Path, list[Diagnosis]] = {}
        for diagnosis in self.diagnoses:
            if diagnosis.path is not None:
                found.setdefault(diagnosis.path, []).append(diagnosis)
        return found

    def located(self, diagnosis: Diagnosis, file: "FileFacts") -> Located:
        """Where a diagnosis points in the file that it points into, as that is now."""
        found = file.located.get(diagnosis)
        if found is None:
            found = file.located[diagnosis] = self._located(diagnosis, file)
        return found

    def _located(self, diagnosis: Diagnosis, file: "FileFacts") -> Located:
        original = self.originals.get(file.path, file.text)
        line = line_now(original, file.text, diagnosis.line)
        function = file.functions.get(diagnosis.function)
        owner = function.owner if function is not None else None
        if owner is None:
            owner = file.classes.get(diagnosis.model) or file.classes.get(
                diagnosis.function.rpartition(".")[0]
            )
        nodes = function.nodes if function is not None else file.nodes
        node = _underlined(file, nodes, diagnosis, line)
        return Located(diagnosis, function, owner, node, line)


def _underlined(
    file: "FileFacts", nodes: Sequence[ast.AST], diagnosis: Diagnosis, line: int
) -> ast.AST | None:
    """The outermost node whose source is the diagnosed code, nearest to `line` and its column."""
    wanted = _squeezed(diagnosis.code)
    if not wanted:
        return None
    best: tuple[tuple[int, int], ast.AST] | None = None
    first = _FIRST.match(diagnosis.code.strip())
    beginning = first.group() if first is not None else ""
    for node in nodes:  # outer ones come first
        if not isinstance(node, ast.expr | ast.stmt | ast.arg) or isinstance(node, ast.Expr):
            continue
        distance = abs(node.lineno - line), abs(node.col_offset - diagnosis.column)
        if best is not None and distance >= best[0]:
            continue
        text = file.lines[node.lineno - 1]
        if text.isascii() and not text.startswith(beginning, node.col_offset):
            continue  # which nearly all are, and taking their source is slow
        if _squeezed(source_of(file, node)) == wanted:
            best = distance, node
    return best[1] if best is not None else None


_FIRST = re.compile(r"\w+|.")


def _squeezed(code: str) -> str:
    return "".join(code.split())


def ways_to(located: Located, project: "Project") -> Iterator[tuple["FunctionFacts", ast.AST]]:
    """The node that the compiler complains of, and the statements by which it came there."""
    if located.function is not None and located.node is not None:
        yield located.function, located.node
    yield from callers_of(located.diagnosis, project)


def callers_of(
    diagnosis: Diagnosis, project: "Project"
) -> Iterator[tuple["FunctionFacts", ast.stmt]]:
    """The statements by which the compiler came to what it complains of, innermost first."""
    for caller in diagnosis.chain:
        file = project.files.get(caller.path)
        function = file.functions.get(caller.function) if file is not None else None
        if file is not None and function is not None:
            original = project.diagnosed.originals.get(file.path, file.text)
            statement = statement_at(line_now(original, file.text, caller.line), function)
            if statement is not None:
                yield function, statement


def statement_at(line: int, function: "FunctionFacts") -> ast.stmt | None:
    """The innermost statement of a function at a line."""
    statements = [
        node
        for node in function.nodes
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line)
    ]
    return statements[-1] if len(statements) > 1 else None  # the first is the function itself
