"""A constant of the module is written out where scripted code reads it.

## What the compiler says

    python value of type 'float' cannot be used as a value. Perhaps it is a closed over global
    variable? If so, please consider passing it in as an argument or use a local variable instead.

Functions, classes and modules are all that TorchScript takes from the names of a file.

## What is written instead

    EPS = 1e-5                               EPS = 1e-5
    …                                        …
    return x / (x.norm() + EPS)         →    return x / (x.norm() + 1e-5)

Arithmetic on constants (`SIZE = 4 * 16`) is carried out. The constant itself stays where it is: who
imports it does not notice. A constant of another file under the path is written out as well.

## When it holds back

Where the name is given a value more than once, is declared `global` somewhere, or is set from
another file; where the value is not written out (a call, a Tensor, a list that code may change).
"""

import ast
from collections.abc import Collection, Iterator, Sequence

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.constants import number_of
from torchscript_fix.facts.kept import stored_from_outside
from torchscript_fix.facts.nodes import FunctionNode, nodes_in
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.statements import words_in
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require

LONGEST = 60
"""A longer value says less where it is used than its name does."""


class GlobalConstant(SiteRule[Site[ast.Name]]):
    name = "global-constant"
    summary = "A constant of the module is written out where it is read."
    messages = ("Perhaps it is a closed over global variable",)
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[Site[ast.Name]]:
        names = _assigned(file).keys() | _imported_from_the_path(file)
        for function in file.functions.values() if names else ():
            if not function.scripted or names.isdisjoint(words_in(file.parsed, function.node)):
                continue
            own = set(_own_names(function))
            found = [
                Site(node, function)
                for statement in function.node.body
                for node in nodes_in(statement)
                if isinstance(node, ast.Name) and node.id in names and node.id not in own
            ]
            yield from sorted(found, key=lambda each: each.line)

    def together(self, site: Site[ast.Name]) -> FunctionFacts:
        return site.function

    def summary_of(self, summaries: Sequence[str]) -> str:
        return f"{', '.join(summaries)} written out"

    def fix(self, site: Site[ast.Name]) -> Fix | None:
        name = site.node.id
        there, value = _value(site.file, name)
        code = None if value is None else _written(value, there)
        if code is None or _is_called_or_changed(site):
            is_list = isinstance(value, ast.List)
            require(not is_list, f"{name} is a list, which code may change")
            return None
        return Fix(name, [ReplaceExpression(site.node, code)])


# ------------------------------------------------------------------------------- what is named


@remembered
def _assigned(file: FileFacts) -> dict[str, ast.expr | None]:
    """Names that the file itself binds to a value, and it; None where it is not the only one."""
    found: dict[str, ast.expr | None] = {}
    for statement in file.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = None if name in found else value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = None if name in found else value
    otherwise = set(_bound_otherwise(file)) if found else ()
    return {name: None if name in otherwise else value for name, value in found.items()}


def _bound_otherwise(file: FileFacts) -> Iterator[str]:
    """Names that more than the assignments of the file bind."""
    for node in file.nodes:
        match node:
            case ast.Global(names=names):
                yield from names
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=new_name):
                yield new_name or name
    assigned = set[ast.AST]()
    nodes: list[ast.AST] = []
    for statement in file.tree.body:
        match statement:
            case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target):
                assigned.add(target)
        if not isinstance(statement, FunctionNode | ast.ClassDef):
            nodes += nodes_in(statement)
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if node not in assigned:
                yield name


@remembered
def _imported_from_the_path(file: FileFacts) -> frozenset[str]:
    """Names that imports from other files under the path bind, and that are values there."""
    return frozenset(
        name
        for name, dotted in file.imports.items()
        if dotted.rpartition(".")[2] in _values_of(file.project).get(dotted.rpartition(".")[0], ())
    )


@remembered
def _values_of(project: Project) -> dict[str, Collection[str]]:
    """Module to the names that its file binds to values."""
    return {file.module: _assigned(file) for file in project.files.values()}


def _value(file: FileFacts, name: str) -> tuple[FileFacts, ast.expr | None]:
    """The value of a name of the file, where it has that one always, and the file it stands in."""
    if name not in _assigned(file):
        module, _, name = file.imports[name].rpartition(".")
        file = next(f for f in file.project.files.values() if f.module == module)
    return file, None if name in stored_from_outside(file.project) else _assigned(file)[name]


def _own_names(function: FunctionFacts) -> Iterator[str]:
    """Names that are the function's own."""
    for node in function.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.alias(name=name, asname=new_name):
                yield new_name or name


def _is_called_or_changed(site: Site[ast.Name]) -> bool:
    """Whether more is done with a name than reading its value."""
    match site.parent:
        case ast.Call(func=func):
            return func is site.node
        case ast.Attribute(attr=method, ctx=ctx):
            return not isinstance(ctx, ast.Load) or method != "format"
        case ast.Subscript(ctx=ctx):
            return not isinstance(ctx, ast.Load)
    return False


# ------------------------------------------------------------------------------ what it says


def _written(value: ast.expr, file: FileFacts) -> str | None:
    """The code of a constant value; None where it is not one, or is long."""
    match value:
        case ast.Constant(value=bool() | str() | int() | float()):
            code = file.segment(value)
            return code if len(code) <= LONGEST and "\n" not in code else None
        case ast.Tuple(elts=[_, *_] as parts) if all(_written(part, file) for part in parts):
            code = file.segment(value)
            return code if len(code) <= LONGEST and code.startswith("(") else None
    number = number_of(value)
    code = repr(number)
    plain = code.lstrip("-").replace(".", "").replace("e", "").replace("-", "").isalnum()
    if number is None or not plain:
        return None
    return f"({code})" if code.startswith("-") else code
