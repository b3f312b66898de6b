"""What names stand for in a project's files, remembered: which function a call is in, what a module
binds at its top, the class or function behind an alias."""

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from torchscript_fix.facts.assignments import bound
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.importing.modules import parts_in_common

DEEPEST = 5


@dataclass
class _Bindings:
    """What else the statements of a function, or of a module, bind names to."""

    unpacked: dict[str, list[tuple[ast.expr, int]]] = field(default_factory=dict)
    opened: dict[str, list[ast.expr]] = field(default_factory=dict)


class Names:
    """The names of one project; nothing in it may change meanwhile."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._around: dict[int, dict[int, FunctionFacts]] = {}
        self._tops: dict[int, dict[str, list[ast.expr]]] = {}
        self._blocks: dict[int, dict[str, list[ast.expr]]] = {}
        self._bound_in: dict[int, _Bindings] = {}
        self.modules = {file.module: file for file in project.files.values()}
        self.by_last: dict[str, list[str]] = defaultdict(list)
        """The last part of a name to the classes and functions that are called so."""
        for dotted in (*project.classes, *project.functions):
            self.by_last[dotted.rpartition(".")[2]].append(dotted)

    def around(self, node: ast.AST, file: FileFacts) -> FunctionFacts | None:
        """The function or method that a call stands in."""
        known = self._around.get(id(file))
        if known is None:
            known = self._around[id(file)] = {
                id(each): function
                for function in sorted(file.functions.values(), key=lambda f: f.node.lineno)
                for each in function.calls
            }
        return known.get(id(node))

    def tops(self, file: FileFacts) -> Mapping[str, Sequence[ast.expr]]:
        """What a module binds each name to outside of all functions."""
        known = self._tops.get(id(file))
        if known is None:
            known = defaultdict(list)
            for node in file.tree.body:
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        if isinstance(target, ast.Name):
                            known[target.id].append(node.value)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    known[node.target.id] += [node.value] if node.value is not None else []
            self._tops[id(file)] = known = dict(known)
        return known

    def bound(self, name: str, file: FileFacts, function: FunctionFacts | None) -> list[ast.expr]:
        """All that a name is bound to where it is used: in the function, else by the module."""
        found = function.assignments.get(name, ()) if function is not None else ()
        return [value for value in found if value is not None] or list(
            self.tops(file).get(name, ())
        )

    def constant(
        self, name: str, file: FileFacts, depth: int = DEEPEST
    ) -> tuple[list[ast.expr], FileFacts]:
        """What a module gives a name outside of functions, and in which file: here, or where it is
        imported from, packages that re-export it followed."""
        values = self._whenever(file).get(name, [])
        if values or not depth:
            return values, file
        origins = [file.imports[name]] if name in file.imports else []
        origins += [f"{star}.{name}" for star in file.star_imports]
        for origin in origins:
            where = self.module_of(origin, file)
            if where is not None and where is not file:
                found = self.constant(origin.rpartition(".")[2], where, depth - 1)
                if found[0]:
                    return found
        return [], file

    def unpacked(
        self, name: str, file: FileFacts, function: FunctionFacts | None
    ) -> list[tuple[ast.expr, int]]:
        """What a name is unpacked from, and at which place: `net, loss = build()`."""
        return self._bindings(file, function).unpacked.get(name, [])

    def opened(self, name: str, file: FileFacts, function: FunctionFacts | None) -> list[ast.expr]:
        """What `with … as name` binds a name to."""
        return self._bindings(file, function).opened.get(name, [])

    def _bindings(self, file: FileFacts, function: FunctionFacts | None) -> "_Bindings":
        scope = function if function is not None else file
        known = self._bound_in.get(id(scope))
        if known is None:
            known = self._bound_in[id(scope)] = _Bindings()
            body = function.node.body if function is not None else file.tree.body
            for node in _statements(body):
                match node:
                    case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                        for index, target in enumerate(targets):
                            if isinstance(target, ast.Name):
                                known.unpacked.setdefault(target.id, []).append((value, index))
                    case ast.With(items=items):
                        for item in items:
                            if isinstance(item.optional_vars, ast.Name):
                                bound_to = known.opened.setdefault(item.optional_vars.id, [])
                                bound_to.append(item.context_expr)
        return known

    def _whenever(self, file: FileFacts) -> Mapping[str, list[ast.expr]]:
        """What a module binds names to when it is run, in its main block and under other
        conditions too."""
        known = self._blocks.get(id(file))
        if known is None:
            known = self._blocks[id(file)] = defaultdict(list)
            for node in _statements(file.tree.body):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        for name, value in bound(target, node.value):
                            if value is not None:
                                known[name].append(value)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    known[node.target.id] += [node.value] if node.value is not None else []
        return known

    def changes(
        self, name: str, file: FileFacts, function: FunctionFacts | None
    ) -> list[tuple[ast.Attribute, ast.expr]]:
        """The statements that set an attribute of what a name stands for, in their order: those of
        no condition but that of the main block."""
        body = function.node.body if function is not None else file.tree.body
        found = []
        for node in _statements(body, conditions=False):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target = node.targets[0]
                if isinstance(target, ast.Attribute) and _root(target) == name:
                    found.append((target, node.value))
        return found

    def added(self, name: str, file: FileFacts, function: FunctionFacts | None) -> list[ast.expr]:
        """What is added to a list after it is made: `columns += [last]`, under no condition."""
        body = function.node.body if function is not None else file.tree.body
        found = []
        for node in _statements(body, conditions=False):
            match node:
                case ast.AugAssign(target=ast.Name(id=added), op=ast.Add(), value=value):
                    found += [value] if added == name else []
        return found

    def module_of(self, dotted: str, file: FileFacts) -> FileFacts | None:
        """The file of the module that a name is imported from."""
        module = dotted.rpartition(".")[0]
        known = self.modules.get(module)
        if known is None and module:
            alike = [name for name in self.modules if name.endswith(f".{module}")]
            known = self.modules.get(_nearest(alike, file))
        return known

    def function(self, dotted: str) -> FunctionFacts | None:
        """The function, static method or class method that a dotted name stands for."""
        known = self.project.functions.get(dotted)
        if known is not None:
            return known
        owner, _, name = dotted.rpartition(".")
        method = self.project.classes[owner].method(name) if owner in self.project.classes else None
        is_built = method is not None and method.decorators & {"staticmethod", "classmethod"}
        return method if is_built else None

    # -------------------------------------------------------------------------------- one name

    def dotted(self, node: ast.expr, file: FileFacts) -> str:
        """The full name of what an expression names: aliases (`Model = DetectionModel`) are
        followed, and of a module that no import root leads to, the nearest that has its name."""
        dotted = self.project.canonical(file.dotted(node))
        return self._behind(dotted, file, DEEPEST) if dotted else ""

    def _behind(self, dotted: str, file: FileFacts, depth: int) -> str:
        if not depth or self.is_known(dotted):
            return dotted
        module, _, name = dotted.rpartition(".")
        where = self.modules.get(module) if module else file
        for value in self.tops(where).get(name, ()) if where is not None else ():
            if isinstance(value, ast.Name | ast.Attribute) and where is not None:
                return self._behind(where.dotted(value), where, depth - 1)
        if module and where is None and not dotted.startswith("torch."):
            return self._elsewhere(dotted, name, file)
        return dotted

    def is_named(self, func: ast.expr, file: FileFacts) -> bool:
        """Whether a call names what it calls, and does not choose it."""
        match func:
            case ast.Name(id=name):
                known = self.is_known(self.dotted(func, file))
                return known or name in file.imports or hasattr(builtins, name)
            case ast.Subscript() | ast.Call():
                return False
        return True

    def is_known(self, dotted: str) -> bool:
        """Whether a dotted name is a class or function of the project."""
        return dotted in self.project.classes or self.function(dotted) is not None

    def _elsewhere(self, dotted: str, name: str, file: FileFacts) -> str:
        """A class or function whose name ends like this one, in the folder nearest to the file."""
        alike = [known for known in self.by_last.get(name, ()) if known.endswith(f".{dotted}")]
        return _nearest(alike, file)


def _statements(body: Sequence[ast.stmt], conditions: bool = True) -> Iterator[ast.stmt]:
    """Statements and those in their blocks, functions and classes left out; without `conditions`,
    of an `if` those of the main block alone."""
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.If) and not conditions:
            if "__name__" in ast.unparse(node.test):
                yield from _statements(node.body, conditions)
            continue
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(node, block, None)
            if isinstance(inner, list):
                yield from _statements(inner, conditions)
        for handler in getattr(node, "handlers", ()):
            yield from _statements(handler.body, conditions)


def _root(node: ast.expr) -> str:
    """`config` of `config.model.depth`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _nearest(names: Iterable[str], file: FileFacts) -> str:
    """The dotted name that has most in common with a file's own; "" of none."""
    here = file.module.split(".")
    return min(names, key=lambda name: (-parts_in_common(name.split("."), here), name), default="")
