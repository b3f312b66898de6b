"""From the compiler's words to a Diagnosis: what it says, and where in the user's own files."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from torchscript_fix.facts.compiler_report import Shown, read_report
from torchscript_fix.facts.diagnosed import Caller, Diagnosis, Stage
from torchscript_fix.facts.nodes import FunctionNode, nodes_in
from torchscript_fix.facts.pointed import (
    Pointed,
    Range,
    comprehension_on,
    pointed_at,
    source_of,
    statement_at,
    use_of,
)
from torchscript_fix.facts.static import (
    ClassFacts,
    FileFacts,
    FunctionFacts,
    Project,
    self_attribute,
)
from torchscript_fix.line_map import original_line
from torchscript_fix.verify.messages import without_addresses

STAGES: Mapping[str, Stage] = {"script": "compile", "run": "run", "save": "save", "load": "load"}

MOST_SHOWN = 40
"""Places of one error that are looked at."""

_NO_ATTRIBUTE = re.compile(r"(type object '(?P<type>\w+)' )?has no attribute '(?P<name>\w+)'$")


_PARTIAL = "arg_types.size() == param_names.size()"
"""What the compiler says where a global functools.partial is called."""
_GIVEN = re.compile(r"(?P<method>\w+)\(\) (Expected|missing|expected).* argument '(?P<name>\w+)'")


@dataclass(frozen=True)
class Text:
    """A file as the worker saw it, and as the user has it."""

    path: Path
    """As the user gave it."""
    now: str
    before: str


@dataclass(frozen=True)
class _Place:
    """Where a Diagnosis points, in the user's terms."""

    path: Path | None = None
    line: int = 0
    function: str = ""
    code: str = ""
    column: int = -1


class Diagnosing:
    """Reads what workers say of files that they saw under other names and with other texts."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        """`texts` are the user's files by the path that the worker saw."""
        self._texts = texts
        self._facts: dict[str, FileFacts | None] = {}

    def of(self, said: Mapping[str, Any], case: str) -> Diagnosis:
        """The Diagnosis of one error as a worker described it (`describe_fully`)."""
        report = read_report(str(said.get("message")))
        shown = [*report.shown, *_hinted(said)][:MOST_SHOWN]
        ours = [each for each in shown if each.file in self._texts]
        place = self._at(ours[0], report.words) if ours else self._of_class(said, report.words)
        outside = ""
        if shown and shown[0].file not in self._texts:
            outside = _outside(shown[0], said)
        return Diagnosis(
            stage="run" if report.ran else STAGES.get(str(said.get("at")), "compile"),
            message=self._plain(report.words or str(said.get("type"))),
            path=place.path,
            line=place.line,
            function=place.function,
            code=place.code,
            model=str(said.get("model", "")),
            column=place.column,
            chain=tuple(self._callers(ours[1:])),
            case=case,
            outside=outside,
        )

    def _plain(self, words: str) -> str:
        """Words that name no file of the worker's, and no address."""
        for seen, text in self._texts.items() if "/" in words else ():
            words = words.replace(seen, str(text.path))
        return without_addresses(words)

    def _at(self, shown: Shown, words: str) -> _Place:
        """A place that the compiler shows in one of the user's files."""
        text = self._texts[shown.file]
        line = original_line(text.before, text.now, shown.line)
        facts = self._file(shown.file)
        if facts is None:
            return _Place(text.path, line)
        function, nodes = _around(facts, shown.line)
        node = _node(nodes, shown, words)
        if node is None:
            return _Place(text.path, line, function)
        line = original_line(text.before, text.now, node.lineno)
        return _Place(text.path, line, function, source_of(facts, node), node.col_offset)

    def _of_class(self, said: Mapping[str, Any], words: str) -> _Place:
        """Nothing is shown: the use of what the words name in what was being compiled, else the
        class."""
        missing = _NO_ATTRIBUTE.search(words)
        names = [missing["name"], missing["type"]] if missing is not None else [said.get("named")]
        for file, function in self._compiled(said):
            if _PARTIAL in words:
                names = list(_partials(function.file))
            used = [use_of(function.nodes, str(name)) for name in names if name]
            node = next((each for each in used if each is not None), None)
            if node is not None:
                text, code = self._texts[file], source_of(function.file, node)
                line = original_line(text.before, text.now, node.lineno)
                return _Place(text.path, line, function.qualname, code, node.col_offset)
        file = str(said.get("model_file"))
        facts = self._file(file)
        found = facts.classes.get(str(said.get("model"))) if facts is not None else None
        if facts is None or found is None:
            return _Place()
        text = self._texts[file]
        argument = _argument(found, words)
        if argument is not None:
            method, node = argument
            line = original_line(text.before, text.now, node.lineno)
            return _Place(text.path, line, method.qualname, source_of(facts, node), node.col_offset)
        line = original_line(text.before, text.now, found.node.lineno)
        return _Place(text.path, line, found.qualname)

    def _compiled(self, said: Mapping[str, Any]) -> Iterator[tuple[str, FunctionFacts]]:
        """The functions that were being compiled, and the methods that they call on `self`."""
        within = said.get("within")
        todo: list[tuple[str, FunctionFacts]] = []
        for entry in within[:MOST_SHOWN] if isinstance(within, list) else []:
            match entry:
                case [str(file), int(line)] if (facts := self._file(file)) is not None:
                    function = facts.functions.get(_around(facts, line)[0])
                    todo += [(file, function)] if function is not None else []
        seen: set[FunctionFacts] = set()
        while todo:
            file, function = todo.pop(0)
            if function in seen:
                continue
            seen.add(function)
            yield file, function
            if function.owner is not None:
                names = [self_attribute(call.func) for call in function.calls]
                methods = [function.owner.method(name) for name in names if name]
                todo += [(file, method) for method in methods if method is not None]

    def _callers(self, shown: list[Shown]) -> Iterator[Caller]:
        for each in shown:
            facts = self._file(each.file)
            if each.calls and facts is not None:
                text = self._texts[each.file]
                line = original_line(text.before, text.now, each.line)
                yield Caller(text.path, line, _around(facts, each.line)[0])

    def _file(self, file: str) -> FileFacts | None:
        """A file as the worker saw it; None where it is not the user's or cannot be parsed."""
        if file not in self._facts:
            text = self._texts.get(file)
            self._facts[file] = _facts(text.path, text.now) if text is not None else None
        return self._facts[file]


@lru_cache(maxsize=8)
def _facts(path: Path, text: str) -> FileFacts | None:
    """A file alone: many cases, and many attempts at one, are about the same text."""
    try:
        return Project.of_text(text, path=path).files[path]
    except (SyntaxError, RecursionError, MemoryError):
        return None


def _partials(facts: FileFacts) -> Iterator[str]:
    """The global names that are a functools.partial."""
    for node in facts.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)):
                if facts.dotted(func) == "functools.partial":
                    yield name


def _argument(cls: ClassFacts, words: str) -> tuple[FunctionFacts, ast.arg] | None:
    """The argument of a method that was given something else, or that is None though it compiled
    as a Tensor, which no place is shown for."""
    given = _GIVEN.match(words)
    method = cls.methods.get(given["method"] if given is not None else "forward")
    if method is None:
        return None
    for each in method.parameters:
        default = method.defaults.get(each.arg)
        undefined = isinstance(default, ast.Constant) and default.value is None
        if (
            each.arg == given["name"]
            if given is not None
            else (undefined and each.annotation is None and "undefined Tensor" in words)
        ):
            return method, each
    return None


def _hinted(said: Mapping[str, Any]) -> Iterator[Shown]:
    """Places that the worker found in the Python traceback, for errors that show none."""
    hints = said.get("shown")
    for hint in hints[:MOST_SHOWN] if isinstance(hints, list) else []:
        yield from read_report(str(hint)).shown
    yield from read_report(str(said.get("place"))).shown


def _outside(shown: Shown, said: Mapping[str, Any]) -> str:
    """`package 0.9.2, package/layers/norm.py:20`."""
    packages = said.get("packages")
    known = packages.get(shown.file) if isinstance(packages, dict) else None
    if isinstance(known, list) and len(known) == 2:
        name, inside = known
        return f"{name}, {inside}:{shown.line}"[:300]
    return f"{shown.file}:{shown.line}"[:300]


def _node(nodes: list[ast.AST], shown: Shown, words: str) -> Pointed | None:
    """The node that a place is about."""
    if not shown.marks:
        return comprehension_on(nodes, shown.line, words) or statement_at(nodes, shown.line)
    first, last = shown.marks[0], shown.marks[-1]
    start = shown.line + first.below, first.start
    return pointed_at(nodes, Range(start, (shown.line + last.below, last.end)), words)


def _around(facts: FileFacts, line: int) -> tuple[str, list[ast.AST]]:
    """The qualified name of the innermost function or class around a line, those inside functions
    left out, and the nodes in it; "" and all nodes where there is none."""
    name, inner = "", None
    body: list[ast.AST] = list(facts.tree.body)
    while (found := next((node for node in body if _holds(node, line)), None)) is not None:
        if isinstance(found, FunctionNode | ast.ClassDef):
            name, inner = f"{name}.{found.name}".lstrip("."), found
        if isinstance(found, FunctionNode):
            break
        body = list(ast.iter_child_nodes(found))
    return name, nodes_in(inner) if inner is not None else list(facts.nodes)


def _holds(node: ast.AST, line: int) -> bool:
    if not isinstance(node, ast.stmt | ast.excepthandler):
        return False
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(each.lineno for each in decorators)])
    return first <= line <= (node.end_lineno or 0)
