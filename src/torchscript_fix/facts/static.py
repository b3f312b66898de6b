"""Static facts: what the source itself shows about classes, attributes, methods and calls.

A `Project` is all files of one run; it answers across files (base classes, call sites). Everything
here is read off the `ast`; no user code is imported or run.
"""

import ast
import hashlib
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from torchscript_fix.facts.assignments import assignments_in, bound, parts_of
from torchscript_fix.facts.attribute import cached_property
from torchscript_fix.facts.diagnosed import Diagnosed, Diagnosis, Located
from torchscript_fix.facts.kinds import CONTAINERS, Kind
from torchscript_fix.facts.nodes import (
    FunctionNode,
    calls_under,
    imports_in,
    nodes_of,
    nodes_under,
    own_nodes,
    parents_in,
)
from torchscript_fix.facts.observed import Observed, Place
from torchscript_fix.facts.remembered import forget
from torchscript_fix.source import Parsed, parsed

NOT_SCRIPTED = frozenset({"ignore", "unused"})
ENTRIES = frozenset({"export", "property"})
"""Decorators of what is compiled though nothing may call it."""


@dataclass(frozen=True)
class Branch:
    """A compound statement that a definition stands under, and which of its blocks."""

    statement: ast.stmt
    block: str


@dataclass(frozen=True, eq=False)
class Definition:
    """One statement that gives an attribute of `self` a value."""

    function: "FunctionFacts"
    statement: ast.stmt
    value: ast.expr | None
    how: Literal["assign", "register_buffer", "register_parameter", "add_module", "setattr"]
    branches: tuple[Branch, ...]
    """The compound statements around it inside its function, outermost first."""

    @property
    def in_construction(self) -> bool:
        """Whether it stands in `__init__` or in a method that `__init__` calls."""
        return self.function.in_construction


@dataclass(frozen=True, eq=False)
class AttributeFacts:
    """Everything that defines `self.NAME` in a class and its bases, in source order."""

    name: str
    definitions: tuple[Definition, ...]
    class_level: ast.expr | None


@dataclass(eq=False)
class FunctionFacts:
    """A function or method. Nested functions belong to the one around them."""

    file: "FileFacts" = field(repr=False)
    node: FunctionNode = field(repr=False)
    qualname: str
    owner: "ClassFacts | None" = field(repr=False)

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def scripted(self) -> bool:
        """Whether `torch.jit.script` of some module under the path compiles this function."""
        return self in self.file.project.scripted

    @property
    def scripted_for(self) -> tuple["ClassFacts", ...]:
        """The Module classes whose scripting compiles it, with their own idea of `self`."""
        return tuple(self.file.project.scripted.get(self, ()))

    @cached_property
    def in_construction(self) -> bool:
        owner = self.owner
        return owner is not None and any(
            self in cls.construction for cls in (owner, *owner.subclasses)
        )

    @cached_property
    def parameters(self) -> tuple[ast.arg, ...]:
        """All parameters without `self`, `*args` and `**kwargs`; keyword-only ones come last."""
        spec = self.node.args
        positional = [*spec.posonlyargs, *spec.args]
        if self.owner is not None and not self.is_static:
            positional = positional[1:]
        return (*positional, *spec.kwonlyargs)

    @cached_property
    def defaults(self) -> dict[str, ast.expr]:
        """The default of each parameter that has one."""
        spec = self.node.args
        positional = [*spec.posonlyargs, *spec.args]
        behind = positional[len(positional) - len(spec.defaults) :]
        found = {arg.arg: default for arg, default in zip(behind, spec.defaults, strict=True)}
        for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if default is not None:
                found[arg.arg] = default
        return found

    @cached_property
    def is_static(self) -> bool:
        return "staticmethod" in self.decorators

    @cached_property
    def decorators(self) -> frozenset[str]:
        """Last parts of the decorators' names: `ignore` for `@torch.jit.ignore`."""
        names = set()
        for decorator in self.node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            names.add(ast.unparse(target).rpartition(".")[2])
        return frozenset(names)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the function, those of functions inside it too, outer ones first."""
        return nodes_under(self.file.parsed, self.node)

    @cached_property
    def own_nodes(self) -> tuple[ast.AST, ...]:
        """Its nodes without those of functions, lambdas and classes inside it."""
        return own_nodes(self.file.parsed, self.node)

    @cached_property
    def calls(self) -> tuple[ast.Call, ...]:
        """All calls in the function."""
        return calls_under(self.file.parsed, self.node)

    @cached_property
    def assignments(self) -> Mapping[str, Sequence[ast.expr | None]]:
        """Local name to every value it is bound to; None where the value is not one expression."""
        return assignments_in(self.file.parsed, self.node)

    @cached_property
    def returns(self) -> tuple[ast.expr | None, ...]:
        """The values of its `return` statements, nested functions left out."""
        return tuple(node.value for node in self.own_nodes if isinstance(node, ast.Return))

    def attribute(self, name: str) -> AttributeFacts | None:
        """`self.NAME` as seen from this method, in its class or in the subclasses that run it."""
        if self.owner is None:
            return None
        found = self.owner.attribute(name)
        if found is not None:
            return found
        below = [cls.attribute(name) for cls in self.owner.subclasses]
        definitions = [d for facts in below if facts is not None for d in facts.definitions]
        return (
            AttributeFacts(name, tuple(dict.fromkeys(definitions)), None) if definitions else None
        )


@dataclass(eq=False)
class ClassFacts:
    """A class under the path."""

    file: "FileFacts" = field(repr=False)
    node: ast.ClassDef = field(repr=False)
    qualname: str

    @property
    def dotted(self) -> str:
        """Its name with its module's: `networks.saliency.Saliency`."""
        return f"{self.file.module}.{self.qualname}"

    @cached_property
    def methods(self) -> dict[str, FunctionFacts]:
        """Its own methods; of several with one name the last, as in Python."""
        return {
            node.name: self.file.functions[f"{self.qualname}.{node.name}"]
            for node in self.node.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }

    @cached_property
    def class_level(self) -> dict[str, ast.expr | None]:
        """Names bound in the class body, with their values."""
        found: dict[str, ast.expr | None] = {}
        for node in self.node.body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    found.update(bound(target, node.value))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found[node.target.id] = node.value
        return found

    @cached_property
    def bases(self) -> tuple["ClassFacts | str", ...]:
        """Base classes: facts where they are under the path, else the dotted name."""
        found: list[ClassFacts | str] = []
        for base in self.node.bases:
            dotted = self.file.dotted(base)
            found.append(self.file.project.classes.get(dotted, dotted))
        return tuple(found)

    @cached_property
    def mro(self) -> tuple["ClassFacts", ...]:
        """This class and its bases under the path, nearest first (depth first, no diamonds)."""
        seen: dict[ClassFacts, None] = {}
        todo = deque([self])
        while todo:
            cls = todo.popleft()
            if cls not in seen:
                seen[cls] = None
                todo.extendleft(b for b in reversed(cls.bases) if isinstance(b, ClassFacts))
        return tuple(seen)

    @cached_property
    def outside_bases(self) -> frozenset[str]:
        """Dotted names of the bases that are not under the path."""
        return frozenset(b for cls in self.mro for b in cls.bases if isinstance(b, str))

    @cached_property
    def subclasses(self) -> tuple["ClassFacts", ...]:
        """All classes under the path that derive from it, however far."""
        return tuple(self.file.project.subclasses.get(self, ()))

    @cached_property
    def is_module(self) -> bool:
        """Whether it is an `nn.Module`: by a base in torch.nn, or by a forward and a base from
        a package that is not under the path."""
        outside = self.outside_bases - {"object"}
        if any(base.startswith("torch.nn.") for base in outside):
            return True
        if any(base.startswith("torch.autograd.") for base in outside):
            return False  # a Function: its forward is called by `apply`, and never compiled
        return bool(outside) and any("forward" in cls.methods for cls in self.mro)

    @cached_property
    def container(self) -> Kind | None:
        """The kind of a class that derives from ModuleList, Sequential, …"""
        return next((CONTAINERS[b] for b in self.outside_bases if b in CONTAINERS), None)

    def method(self, name: str) -> FunctionFacts | None:
        """The method that an instance has under this name, its bases included."""
        return self.all_methods.get(name)

    @cached_property
    def all_methods(self) -> dict[str, FunctionFacts]:
        """The methods that an instance has, its bases' included."""
        found: dict[str, FunctionFacts] = {}
        for cls in reversed(self.mro):
            found |= cls.methods
        return found

    @cached_property
    def construction(self) -> frozenset[FunctionFacts]:
        """`__init__` and the methods that it calls on `self` or `super()`, however far."""
        seen: set[FunctionFacts] = set()
        todo = [f for cls in self.mro if (f := cls.methods.get("__init__")) is not None]
        while todo:
            function = todo.pop()
            if function in seen:
                continue
            seen.add(function)
            for call in function.calls:
                name = self_attribute(call.func)
                method = self.method(name) if name else None
                if method is not None and name != "forward":
                    todo.append(method)
        return frozenset(seen)

    @cached_property
    def own_definitions(self) -> dict[str, list[Definition]]:
        """Attribute name to the places in this class's methods that give it a value."""
        found: dict[str, list[Definition]] = defaultdict(list)
        for function in self.methods.values():
            for name, definition in _definitions(function):
                found[name].append(definition)
        return found

    def attribute(self, name: str) -> AttributeFacts | None:
        """What is known of `self.NAME`, this class's definitions before those of its bases."""
        definitions = [d for cls in self.mro for d in cls.own_definitions.get(name, ())]
        level = next((cls.class_level[name] for cls in self.mro if name in cls.class_level), None)
        if not definitions and level is None:
            return None
        return AttributeFacts(name, tuple(definitions), level)


@dataclass(eq=False)
class FileFacts:
    """One parsed file."""

    project: "Project" = field(repr=False)
    path: Path
    module: str
    """Dotted name under the import root: `networks.saliency`."""
    text: str = field(repr=False)
    is_package: bool = False

    @cached_property
    def digest(self) -> bytes:
        """What tells its text from others."""
        return hashlib.blake2b(self.text.encode(errors="surrogatepass"), digest_size=16).digest()

    @cached_property
    def parsed(self) -> Parsed:
        """Its text as Python reads it."""
        return parsed(self.text)

    @property
    def tree(self) -> ast.Module:
        """Its tree, which is shared and never changed."""
        return self.parsed.tree

    def forget(self) -> None:
        """Let go of the tree, and of all that was read off it."""
        if "_places" in vars(self):
            for facts in (*self.classes.values(), *self.functions.values()):
                forget(facts)
        forget(self)

    def within(self, project: "Project") -> "FileFacts":
        """The same file in another project, where nothing is known of it but its tree."""
        made = replace(self, project=project)
        if "parsed" in vars(self):
            made.parsed = self.parsed
        return made

    @cached_property
    def located(self) -> dict[Diagnosis, Located]:
        """The diagnoses that were looked for in this file, with what was found."""
        return {}

    def diagnosed(self, messages: Iterable[str] = ()) -> Iterator[Located]:
        """The diagnoses that point into this file; with `messages`, those that say one of them."""
        return self.project.diagnosed.in_file(self, tuple(messages))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Lines with their ends, split as `ast` numbers them (`\\n`, `\\r\\n`, not form feeds)."""
        return tuple(self.text.replace("\r\n", "\n").split("\n"))

    @cached_property
    def _places(self) -> tuple[dict[str, ClassFacts], dict[str, FunctionFacts]]:
        found = list(self._defined_in(self.tree.body, None))
        classes = {each.qualname: each for each in found if isinstance(each, ClassFacts)}
        functions = {each.qualname: each for each in found if isinstance(each, FunctionFacts)}
        return classes, functions

    def _defined_in(
        self, body: Iterable[ast.stmt], owner: ClassFacts | None
    ) -> Iterator[ClassFacts | FunctionFacts]:
        prefix = f"{owner.qualname}." if owner is not None else ""
        for node in body:
            if isinstance(node, ast.ClassDef):
                cls = ClassFacts(self, node, prefix + node.name)
                yield cls
                yield from self._defined_in(node.body, cls)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield FunctionFacts(self, node, prefix + node.name, owner)
            elif isinstance(node, ast.If | ast.Try) and owner is None:
                blocks = [node.body, node.orelse]
                blocks += [handler.body for handler in getattr(node, "handlers", ())]
                for block in blocks:
                    yield from self._defined_in(block, owner)

    @cached_property
    def classes(self) -> dict[str, ClassFacts]:
        """Qualified name to class; classes inside functions left out."""
        return self._places[0]

    @cached_property
    def functions(self) -> dict[str, FunctionFacts]:
        """Qualified name to function or method; functions inside functions left out."""
        return self._places[1]

    @cached_property
    def functions_in_question(self) -> tuple[FunctionFacts, ...]:
        """The functions and methods in which rules are to look for something to rewrite."""
        return tuple(
            function
            for function in self.functions.values()
            if self._is_in_question(function.qualname, function.owner)
        )

    @cached_property
    def classes_in_question(self) -> tuple[ClassFacts, ...]:
        """The classes in which rules are to look for something to rewrite."""
        return tuple(c for c in self.classes.values() if self._is_in_question(c.qualname, c))

    def _is_in_question(self, qualname: str, owner: ClassFacts | None) -> bool:
        focus = self.project.focus
        if focus is None or (self.path, qualname) in focus.places:
            return True
        if owner is not None:
            return (self.path, owner.qualname) in focus.places
        return (self.path, qualname) not in focus.known  # a rewrite has made it

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the file, outer ones first."""
        return nodes_of(self.parsed)

    @cached_property
    def imports(self) -> dict[str, str]:
        """Local name to dotted name, of every import in the file wherever it stands."""
        found: dict[str, str] = {}
        for node in imports_in(self.parsed):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    dotted = alias.name if alias.asname else first
                    found[alias.asname or first] = self._meant(dotted)
            else:
                module = self._absolute(node)
                for alias in node.names:
                    if alias.name != "*":
                        dotted = f"{module}.{alias.name}"
                        found[alias.asname or alias.name] = (
                            dotted if node.level else self._meant(dotted)
                        )
        return found

    def _meant(self, dotted: str) -> str:
        """A dotted name of an import with that of the module which it means in this file."""
        aliases = self.project.aliases.get(self.path)
        if aliases:
            parts = dotted.split(".")
            for end in range(len(parts), 0, -1):
                module = aliases.get(".".join(parts[:end]))
                if module is not None:
                    return ".".join([module, *parts[end:]])
        return dotted

    @cached_property
    def star_imports(self) -> tuple[str, ...]:
        """Dotted modules of `from module import *`."""
        return tuple(
            self._absolute(node) if node.level else self._meant(self._absolute(node))
            for node in imports_in(self.parsed)
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        )

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.module.split(".")
        drop = node.level - 1 if self.is_package else node.level
        return ".".join([*parts[: len(parts) - drop], *filter(None, [node.module])])

    def dotted(self, node: ast.expr) -> str:
        """The full name of `nn.Conv2d` (`torch.nn.Conv2d`), `Block` (`package.file.Block`); a
        name that is not known, like a local, comes back as it stands; "" for other expressions."""
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return _canonical(f"{base}.{node.attr}") if base else ""
        if not isinstance(node, ast.Name):
            return ""
        if node.id in self.imports:
            return self.project.canonical(self.imports[node.id])
        if node.id in self.classes or node.id in self.functions:
            return f"{self.module}.{node.id}"
        for module in self.star_imports:
            name = self.project.canonical(f"{module}.{node.id}")
            if name in self.project.classes or name in self.project.functions:
                return name
        return node.id

    def segment(self, node: ast.expr | ast.stmt | ast.arg) -> str:
        """The node's source text, newlines as "\\n"."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        start, end = node.col_offset, node.end_col_offset
        if first == last:
            return self.lines[first].encode()[start:end].decode()
        middle = self.lines[first + 1 : last]
        return "\n".join(
            [
                self.lines[first].encode()[start:].decode(),
                *middle,
                self.lines[last].encode()[:end].decode(),
            ]
        )

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """Each node's parent."""
        return parents_in(self.parsed)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent


@dataclass(frozen=True)
class Preferences:
    """What the user asked for where a rule has more than one right answer."""

    hoist: Literal["when-needed", "always"] = "when-needed"
    """`always`: a layer of one branch is defined unconditionally, though its keys are new."""


@dataclass(frozen=True, eq=False)
class Focus:
    """The functions and classes that are to be rewritten now, of all that the files have."""

    places: frozenset[Place]
    known: frozenset[Place]
    """All functions of the files as the user has them."""


@dataclass(eq=False)
class Project:
    """All files of one run, and what cases showed of them."""

    observed: Observed = field(default_factory=Observed)
    preferences: Preferences = field(default_factory=Preferences)
    diagnosed: Diagnosed = field(default_factory=Diagnosed)
    focus: Focus | None = None
    """None where all is to be rewritten."""
    files: dict[Path, FileFacts] = field(default_factory=dict)
    others: tuple[FileFacts, ...] = ()
    """Files that are not looked into now, but count where something is asked of all code by its
    name alone: does anything set an attribute that is called so?"""
    aliases: Mapping[Path, Mapping[str, str]] = field(default_factory=dict)
    """File to the dotted names in its imports that mean modules called otherwise here."""

    @property
    def everywhere(self) -> Iterator[FileFacts]:
        """All files, those that are not looked into last."""
        yield from self.files.values()
        yield from self.others

    @classmethod
    def of_text(cls, text: str, module: str = "example", path: Path | None = None) -> "Project":
        """A project of one file, for tests and examples."""
        project = cls()
        project.add(path or Path(f"{module}.py"), module, text)
        return project

    def add(
        self,
        path: Path,
        module: str,
        text: str,
        is_package: bool = False,
        known: Parsed | None = None,
    ) -> FileFacts:
        """Take one file into the project, where it is `known` as Python reads it. Raises what
        `parsed` raises. Facts asked for before may be stale: add all files first, then ask."""
        facts = FileFacts(self, path, module, text, is_package)
        facts.parsed = known or parsed(text)
        self.files[path] = facts
        return facts

    def renewed(self, texts: Mapping[Path, str]) -> "Project":
        """The same project with new texts in some files; the others are not parsed again."""
        project = self._empty()
        project.others = self.others
        for path, old in self.files.items():
            text = texts.get(path, old.text)
            if text == old.text:
                project.files[path] = old.within(project)
            else:
                project.add(path, old.module, text, old.is_package)
        return project

    def part(self, paths: Collection[Path]) -> "Project":
        """The same project with some of its files alone, as if there were no others."""
        project = self._empty()
        project.files = {
            path: old.within(project) for path, old in self.files.items() if path in paths
        }
        if "imported" in vars(self):
            kept = project.files.keys()
            project.imported = {path: self.imported[path] & kept for path in kept}
        return project

    def looking_into(self, paths: Collection[Path]) -> "Project":
        """The same project with some of its files, the rest of which are its `others`."""
        project = self.part(paths)
        left = (file for path, file in self.files.items() if path not in paths)
        project.others = (*left, *self.others)
        return project

    def forget(self) -> None:
        """Let go of the trees, and of all that was read off them but who imports whom. A tree takes
        fifty times its text; what is asked for again is read again.

        What was read off refers to itself in circles: left alone, it would stay until Python looks
        for garbage, and the trees with it.
        """
        imported = vars(self).get("imported")
        for file in self.files.values():
            file.forget()
        forget(self)
        if imported is not None:
            self.imported = imported

    def _empty(self) -> "Project":
        return Project(
            self.observed, self.preferences, self.diagnosed, self.focus, aliases=self.aliases
        )

    def joined(self, paths: Iterable[Path]) -> set[Path]:
        """The files that hang together with `paths` by imports, in either direction and however
        far: what changes in one of them may change what is known of the others."""
        return _reached(paths, self._neighbours)

    def with_imported(self, paths: Iterable[Path]) -> set[Path]:
        """These files and all that they import, however far: where their names come from."""
        return _reached(paths, self.imported)

    def with_importers(self, paths: Iterable[Path]) -> set[Path]:
        """These files, and those that import one of them: who may use what they define."""
        given = set(paths) & self.files.keys()
        return given | {path for path, others in self.imported.items() if others & given}

    @cached_property
    def imported(self) -> dict[Path, set[Path]]:
        """File to those of the project that it imports from."""
        found: dict[Path, set[Path]] = {path: set() for path in self.files}
        for file in self.files.values():
            for dotted in (*file.imports.values(), *file.star_imports):
                parts = dotted.split(".")
                for end in range(1, len(parts) + 1):
                    other = self._modules.get(".".join(parts[:end]))
                    if other is not None:
                        found[file.path].add(other.path)
        return found

    @cached_property
    def _neighbours(self) -> dict[Path, set[Path]]:
        found = {path: set(others) for path, others in self.imported.items()}
        for path, others in self.imported.items():
            for other in others:
                found[other].add(path)
        return found

    @cached_property
    def classes(self) -> dict[str, ClassFacts]:
        """Dotted name to class, of all files."""
        return {cls.dotted: cls for file in self.files.values() for cls in file.classes.values()}

    @cached_property
    def subclasses(self) -> dict[ClassFacts, list[ClassFacts]]:
        """Class to all classes under the path that derive from it, however far."""
        found: dict[ClassFacts, list[ClassFacts]] = defaultdict(list)
        for cls in self.classes.values():
            for base in cls.mro[1:]:
                found[base].append(cls)
        return found

    @cached_property
    def functions(self) -> dict[str, FunctionFacts]:
        """Dotted name to module-level function, of all files."""
        return {
            f"{file.module}.{function.qualname}": function
            for file in self.files.values()
            for function in file.functions.values()
            if function.owner is None
        }

    def named(self, dotted: str) -> FunctionFacts | None:
        """The module-level function, or the static method, that a dotted name stands for."""
        if dotted in self.functions:
            return self.functions[dotted]
        owner, _, name = dotted.rpartition(".")
        method = self.classes[owner].method(name) if owner in self.classes else None
        return method if method is not None and method.is_static else None

    @cached_property
    def _modules(self) -> dict[str, FileFacts]:
        return {file.module: file for file in self.files.values()}

    def canonical(self, dotted: str, depth: int = 5) -> str:
        """Where a dotted name really comes from: names that a package re-exports are followed."""
        module, _, name = dotted.rpartition(".")
        file = self._modules.get(module)
        if file is not None and depth and name not in file.classes and name not in file.functions:
            if name in file.imports:
                return self.canonical(file.imports[name], depth - 1)
            for star in file.star_imports:
                there = self.canonical(f"{star}.{name}", depth - 1)
                if there in self.classes or there in self.functions:
                    return there
        return _canonical(dotted)

    @cached_property
    def scripted(self) -> dict[FunctionFacts, dict[ClassFacts, None]]:
        """Every function that scripting some Module compiles, with the classes it is compiled for.

        From each `forward` (and what is marked `@torch.jit.export`, and properties, which are
        compiled whether forward asks for them or not) along the calls, as torch/jit/_recursive.py
        does: methods of `self`, functions by name, `super()`.
        """
        found: dict[FunctionFacts, dict[ClassFacts, None]] = defaultdict(dict)
        for cls in self.classes.values():
            if not cls.is_module:
                continue
            entries = [cls.method("forward")]
            entries += [f for c in cls.mro for f in c.methods.values() if f.decorators & ENTRIES]
            todo = [entry for entry in entries if entry is not None]
            while todo:
                function = todo.pop()
                if cls in found[function] or function.decorators & NOT_SCRIPTED:
                    continue
                found[function][cls] = None
                todo += _callees(function, cls)
        return {function: classes for function, classes in found.items() if classes}

    @cached_property
    def compiled_for(self) -> dict[ClassFacts, list[FunctionFacts]]:
        """Class to every function that scripting it compiles."""
        found: dict[ClassFacts, list[FunctionFacts]] = defaultdict(list)
        for function, classes in self.scripted.items():
            for cls in classes:
                found[cls].append(function)
        return found


def _reached(paths: Iterable[Path], steps: Mapping[Path, set[Path]]) -> set[Path]:
    """`paths`, and what any number of steps leads to from there."""
    found = set(paths)
    todo = deque(found)
    while todo:
        more = steps[todo.popleft()] - found
        found |= more
        todo.extend(more)
    return found


def self_attribute(node: ast.AST) -> str | None:
    """`conv` for `self.conv`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "self" else None
    return None


def _definitions(function: FunctionFacts) -> Iterator[tuple[str, Definition]]:
    """The attributes of `self` that a method gives a value, in source order."""
    return _definitions_under(function, function.node.body, ())


def _definitions_under(
    function: FunctionFacts, body: Iterable[ast.stmt], branches: tuple[Branch, ...]
) -> Iterator[tuple[str, Definition]]:
    for statement in body:
        for name, value, how in _defined_by(statement):
            yield name, Definition(function, statement, value, how, branches)
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(statement, block, None)
            if isinstance(inner, list) and not isinstance(statement, FunctionNode | ast.ClassDef):
                inside = (*branches, Branch(statement, block))
                yield from _definitions_under(function, inner, inside)
        for handler in getattr(statement, "handlers", ()):
            inside = (*branches, Branch(statement, "handlers"))
            yield from _definitions_under(function, handler.body, inside)


HOWS: Mapping[str, Literal["register_buffer", "register_parameter", "add_module", "setattr"]] = {
    "register_buffer": "register_buffer",
    "register_parameter": "register_parameter",
    "add_module": "add_module",
    "register_module": "add_module",
    "setattr": "setattr",
}


def _defined_by(
    statement: ast.stmt,
) -> Iterator[
    tuple[
        str,
        ast.expr | None,
        Literal["assign", "register_buffer", "register_parameter", "add_module", "setattr"],
    ]
]:
    match statement:
        case ast.Assign():
            for target in statement.targets:
                for name, value in _bound_on_self(target, statement.value):
                    yield name, value, "assign"
        case ast.AnnAssign() | ast.AugAssign():
            target_name = self_attribute(statement.target)
            if target_name is not None:
                yield target_name, (
                    None if isinstance(statement, ast.AugAssign) else statement.value
                ), "assign"
        case ast.Expr(value=ast.Call(func=func, args=args)):
            called = self_attribute(func) or (func.id if isinstance(func, ast.Name) else "")
            if called == "setattr":
                args = args[1:]
            match args:
                case [ast.Constant(value=str(name)), value, *_] if called in HOWS:
                    yield name, value, HOWS[called]


def _bound_on_self(
    target: ast.expr, value: ast.expr | None
) -> Iterator[tuple[str, ast.expr | None]]:
    name = self_attribute(target)
    if name is not None:
        yield name, value
    elif isinstance(target, ast.Tuple | ast.List):
        for element, part in zip(target.elts, parts_of(value, len(target.elts)), strict=True):
            yield from _bound_on_self(element, part)


def _callees(function: FunctionFacts, cls: ClassFacts) -> list[FunctionFacts]:
    """Functions under the path that compiling `function` for `cls` compiles as well."""
    file = function.file
    found: list[FunctionFacts | None] = []
    for call in function.calls:
        name = self_attribute(call.func)
        if name is not None:
            found.append(cls.method(name))
        elif is_super_call(call.func) and function.owner is not None:
            assert isinstance(call.func, ast.Attribute)
            above = function.owner.mro[1:]
            found.append(
                next((c.methods[m] for c in above if (m := call.func.attr) in c.methods), None)
            )
        else:
            found.append(file.project.named(file.dotted(call.func)))
    return [callee for callee in found if callee is not None and callee.name != "__init__"]


def is_super_call(func: ast.expr) -> bool:
    """Whether this is the `super().method` of a call."""
    match func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            return True
    return False


def _canonical(dotted: str) -> str:
    """One name for what torch has several of: `torch.nn.modules.conv.Conv2d` is torch.nn.Conv2d."""
    if dotted.startswith("torch.nn.modules."):
        return f"torch.nn.{dotted.rpartition('.')[2]}"
    if dotted == "torch.nn.parameter.Parameter":
        return "torch.nn.Parameter"
    return dotted
