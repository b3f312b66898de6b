"""How a type is written in a file's own way: `Optional[Tensor]`, `Tensor | None`, `list[int]`.

The file's annotations and imports decide; where it has none to go by, `typing` and an import.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.editing.edit import AddImport
from torchscript_fix.editing.imports import import_clashes, is_imported
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.unify import parts
from torchscript_fix.kit.answer import Declined

SpellingError = Declined  # until all rules are on the kit

PLAIN = frozenset({"int", "float", "bool", "str", "complex", "None"})
BUILTIN_GENERICS = frozenset({"list", "tuple", "dict"})


@dataclass(frozen=True)
class Spelled:
    """Source text of an annotation, and the imports that it needs."""

    code: str
    imports: tuple[AddImport, ...] = ()


@dataclass(frozen=True)
class _Habits:
    """What the annotations that a file has look like."""

    unions: bool
    """`Tensor | None` rather than `Optional[Tensor]`."""
    builtin_generics: bool
    """`list[int]` rather than `List[int]`."""
    dotted_tensor: bool
    """`torch.Tensor`, although `Tensor` is imported."""


def spelled(kind: str, file: FileFacts, line: int) -> Spelled:
    """An annotation for a type in TorchScript's spelling, to stand at a line of `file`.

    Raises Declined where the names that it needs mean something else in the file.
    """
    imports: dict[AddImport, None] = {}
    code = _code(kind, file, line, imports)
    return Spelled(code, tuple(imports))


def spelled_optional(inside: Spelled, file: FileFacts, line: int) -> Spelled:
    """`Optional[...]`, as the file writes it, around an annotation. Raises Declined."""
    if _habits(file).unions:
        return Spelled(f"{inside.code} | None", inside.imports)
    imports = dict.fromkeys(inside.imports)
    head = _name("typing", "Optional", file, line, imports)
    return Spelled(f"{head}[{inside.code}]", tuple(imports))


def spelled_module(dotted: str, file: FileFacts, line: int) -> Spelled:
    """A module of torch at a line of `file`: `F`, `nn.functional` or `torch.nn.functional`.

    Raises Declined where `torch` means something else in the file.
    """
    here = _modules(file, line)
    space, rest = dotted, ""
    while space:
        if space in here:
            return Spelled(f"{here[space]}{rest}")
        space, _, last = space.rpartition(".")
        rest = f".{last}{rest}"
    top = dotted.partition(".")[0]
    if _clashes(file, top, None):
        raise Declined(f"`{top}` means something else in this file")
    return Spelled(dotted, (AddImport(top),))


def spelled_is_scripting(function: FunctionFacts) -> Spelled:
    """`torch.jit.is_scripting()`, which is True where code is compiled, to stand in a function.

    Raises Declined where `torch` means something else in the function or the file.
    """
    jit = spelled_module("torch.jit", function.file, function.node.lineno)
    name = jit.code.partition(".")[0]
    if name in function.assignments or name in {arg.arg for arg in function.parameters}:
        raise Declined(f"`{name}` means something else in this function")
    return Spelled(f"{jit.code}.is_scripting()", jit.imports)


def _modules(file: FileFacts, line: int) -> dict[str, str]:
    """Dotted names that imports above a line bind, and what the file calls them."""
    found: dict[str, str] = {}
    for statement in file.tree.body:
        if statement.lineno >= line:
            break
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                top = alias.name.partition(".")[0]
                found[alias.name if alias.asname else top] = alias.asname or top
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            for alias in statement.names:
                found[f"{statement.module}.{alias.name}"] = alias.asname or alias.name
    return {dotted: name for dotted, name in found.items() if not _bound_twice(name, file)}


def _code(kind: str, file: FileFacts, line: int, imports: dict[AddImport, None]) -> str:
    head, inside = parts(kind)
    if head == "Tensor":
        return _tensor(file, line, imports)
    if head == "Optional":
        (only,) = inside
        spelled_inside = Spelled(_code(only, file, line, imports), tuple(imports))
        outer = spelled_optional(spelled_inside, file, line)
        imports.update(dict.fromkeys(outer.imports))
        return outer.code
    if head.startswith("torch."):
        return _name("torch", head.removeprefix("torch."), file, line, imports, dotted=True)
    if not inside:
        return head if head in PLAIN else _class(head, file, line)
    arguments = ", ".join(_code(part, file, line, imports) for part in inside)
    if _habits(file).builtin_generics and head.lower() in BUILTIN_GENERICS:
        return f"{head.lower()}[{arguments}]"
    return f"{_name('typing', head, file, line, imports)}[{arguments}]"


def _class(name: str, file: FileFacts, line: int) -> str:
    """A class by its name, where the file has it above a line: a NamedTuple, an Enum."""
    here = file.classes.get(name)
    if (here is not None and here.node.lineno < line) or name in file.imports:
        return name
    raise Declined(f"the type {name} has no name there")


def _tensor(file: FileFacts, line: int, imports: dict[AddImport, None]) -> str:
    by_name = is_imported(file.tree, "torch", "Tensor", line) and not _clashes(
        file, "torch", "Tensor"
    )
    dotted = not by_name or _habits(file).dotted_tensor
    return _name("torch", "Tensor", file, line, imports, dotted=dotted)


def _name(
    module: str,
    name: str,
    file: FileFacts,
    line: int,
    imports: dict[AddImport, None],
    *,
    dotted: bool = False,
) -> str:
    """A name of a module as the file can write it: imported, `module.name`, or by a new import."""
    for known in ([None, name] if dotted else [name, None]):
        if is_imported(file.tree, module, known, line):
            if not _clashes(file, module, known):
                return f"{module}.{name}" if known is None else name
            continue
        short = _alias_of(module, file, line) if known is None else None
        if short is not None and not _bound_twice(short, file):
            return f"{short}.{name}"
    for known in (None, name) if dotted and name != "Tensor" else (name, None):
        if not _clashes(file, module, known):
            imports[AddImport(module, known)] = None
            return f"{module}.{name}" if known is None else name
    raise Declined(f"`{name}` and `{module}` mean something else in this file")


def _alias_of(module: str, file: FileFacts, line: int) -> str | None:
    """`th` of `import torch as th` at module level above a line."""
    for statement in file.tree.body:
        if isinstance(statement, ast.Import) and statement.lineno < line:
            for alias in statement.names:
                if alias.name == module and alias.asname:
                    return alias.asname
    return None


@remembered
def _clashes(file: FileFacts, module: str, name: str | None) -> bool:
    return import_clashes(file.tree, module, name)


def _bound_twice(name: str, file: FileFacts) -> bool:
    """Whether an imported name may mean something else as well, once the file is imported."""
    return name in _assigned(file) or len(_imported_as(file).get(name, ())) > 1


@remembered
def _assigned(file: FileFacts) -> frozenset[str]:
    """Names that are assigned anywhere in a file, or that classes and functions of it have."""
    stored = {
        node.id
        for node in file.nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return frozenset(
        stored | {name for name in (*file.classes, *file.functions) if "." not in name}
    )


@remembered
def _imported_as(file: FileFacts) -> dict[str, frozenset[str]]:
    """What each name stands for that imports bind at the level of the module, branches included:
    one dotted name, or several where one import hides another."""
    found: dict[str, set[str]] = {}
    for node in file.nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if any(
            isinstance(around, ast.FunctionDef | ast.ClassDef) for around in file.ancestors(node)
        ):
            continue
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                dotted = f"{'.' * node.level}{node.module or ''}.{alias.name}"
                found.setdefault(alias.asname or alias.name, set()).add(dotted)
            else:
                top = alias.name.partition(".")[0]
                dotted = alias.name if alias.asname else top
                found.setdefault(alias.asname or top, set()).add(dotted)
    return {name: frozenset(dotted) for name, dotted in found.items()}


@remembered
def _habits(file: FileFacts) -> _Habits:
    unions = optionals = generics = capitals = dotted = plain = 0
    for annotation in _annotations(file):
        for node in ast.walk(annotation):
            match node:
                case ast.BinOp(op=ast.BitOr()):
                    unions += 1
                case ast.Name(id="Optional" | "Union") | ast.Attribute(attr="Optional" | "Union"):
                    optionals += 1
                case ast.Subscript(value=ast.Name(id=head)) if head in BUILTIN_GENERICS:
                    generics += 1
                case ast.Name(id="List" | "Tuple" | "Dict"):
                    capitals += 1
                case ast.Attribute(value=ast.Name(id="torch"), attr="Tensor"):
                    dotted += 1
                case ast.Name(id="Tensor"):
                    plain += 1
    return _Habits(unions > optionals, generics > capitals, dotted > plain)


def _annotations(file: FileFacts) -> Iterator[ast.expr]:
    for node in file.nodes:
        match node:
            case ast.arg(annotation=ast.expr() as annotation):
                yield annotation
            case ast.FunctionDef(returns=ast.expr() as annotation):
                yield annotation
            case ast.AnnAssign(annotation=annotation):
                yield annotation
