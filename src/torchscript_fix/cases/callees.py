"""What a call may call where it does not name it: the class or function that a registry, a module's
`__dict__`, `getattr(models, name)` or `eval("models." + name)` is asked for."""

import ast
from collections.abc import Iterator

from torchscript_fix.cases.names import DEEPEST, Names
from torchscript_fix.facts.static import FileFacts, FunctionFacts

MOST_CALLEES = 200
"""Of one call whose name is computed."""

Callee = tuple[str, str]
"""A dotted name, and the key it is chosen by where a dictionary or a module is asked for it."""


def callees_of(
    names: Names,
    func: ast.expr,
    file: FileFacts,
    function: FunctionFacts | None,
    depth: int = DEEPEST,
) -> list[Callee]:
    """All that a call may call: one name, or those of a dictionary or a module that is asked
    for one by a computed name."""
    if not depth:
        return []
    match func:
        case ast.Name(id=name):
            dotted = names.dotted(func, file)
            if names.is_known(dotted):
                return [(dotted, "")]
            values = names.bound(name, file, function)
            found = [c for v in values for c in callees_of(names, v, file, function, depth - 1)]
            return list(dict.fromkeys(found)) or [(dotted, "")]
        case ast.Attribute():
            return [(names.dotted(func, file), "")]
        case ast.Subscript(value=holder) | ast.Call(
            func=ast.Attribute(value=holder, attr="get"), args=[_, *_]
        ):
            return _held(names, holder, file, function, depth)[:MOST_CALLEES]
        case ast.Call(func=ast.Name(id="getattr"), args=[holder, *_]):
            return list(_of_module(names, _module(names, holder, file)))[:MOST_CALLEES]
        case ast.Call(func=ast.Name(id="eval"), args=[text]):
            return list(_of_text(names, text, file))[:MOST_CALLEES]
    return []


def chosen_by(
    names: Names, func: ast.expr, file: FileFacts, function: FunctionFacts | None
) -> ast.expr:
    """The expression that one of many callees is chosen by; `func` itself where there is none.

    `args.arch` of `models.__dict__[args.arch]`, also by way of a name."""
    match func:
        case ast.Name(id=name) if not names.is_known(names.dotted(func, file)):
            values = names.bound(name, file, function)
            if len(values) == 1 and not isinstance(values[0], ast.Name):
                return chosen_by(names, values[0], file, function)
        case ast.Subscript(slice=key):
            return key
        case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]):
            return key
        case ast.Call(func=ast.Name(id="getattr"), args=[_, key, *_]):
            return key
        case ast.Call(func=ast.Name(id="eval"), args=[text]):
            pieces = _around_a_name(text)
            return pieces[1] if pieces is not None else func
    return func


def _of_text(names: Names, text: ast.expr, file: FileFacts) -> Iterator[Callee]:
    """What `"models." + name` or `f"models.{name}.build"` may be evaluated to."""
    pieces = _around_a_name(text)
    if pieces is None:
        return
    before, _, after = pieces
    module: FileFacts | None = file
    if before:
        try:
            spoken = ast.parse(before.removesuffix("."), mode="eval").body
        except (SyntaxError, ValueError):
            return
        module = _module(names, spoken, file)
        folder = file.dotted(spoken)
    if not after:
        yield from _of_module(names, module) if before[-1:] in ("", ".") else ()
    elif before.endswith(".") and after.startswith("."):
        for dotted in names.by_last.get(after.rpartition(".")[2], ()):
            inner = dotted.removesuffix(after)
            holder, _, key = inner.rpartition(".")
            if inner != dotted and f".{holder}".endswith(f".{folder}"):
                yield dotted, key


def _held(
    names: Names, holder: ast.expr, file: FileFacts, function: FunctionFacts | None, depth: int
) -> list[Callee]:
    """What a dictionary holds, `models.__dict__` and `globals()` among them."""
    match holder:
        case ast.Attribute(value=module, attr="__dict__"):
            return list(_of_module(names, _module(names, module, file)))
        case ast.Call(func=ast.Name(id="vars"), args=[module]):
            return list(_of_module(names, _module(names, module, file)))
        case ast.Call(func=ast.Name(id="globals" | "locals"), args=[]):
            return list(_of_module(names, file))
        case ast.Dict(keys=keys, values=values):
            found = []
            for key, value in zip(keys, values, strict=True):
                text = str(key.value) if isinstance(key, ast.Constant) else ""
                found += [(c, text) for c, _ in callees_of(names, value, file, function, depth - 1)]
            return found
        case ast.Name(id=name):
            values = names.bound(name, file, function)
            imported, _, last = file.imports.get(name, "").rpartition(".")
            where = names.modules.get(imported)
            if not values and where is not None:
                return [
                    c
                    for v in names.tops(where).get(last, ())
                    for c in _held(names, v, where, None, depth - 1)
                ]
            return [c for v in values for c in _held(names, v, file, function, depth - 1)]
    return []


def _module(names: Names, node: ast.expr, file: FileFacts) -> FileFacts | None:
    dotted = file.dotted(node)
    known = names.modules.get(dotted)
    if known is None and dotted:
        alike = [each for name, each in names.modules.items() if name.endswith(f".{dotted}")]
        known = min(alike, key=lambda each: each.module, default=None)
    return known


def _of_module(names: Names, file: FileFacts | None) -> Iterator[Callee]:
    """The Modules and functions that a module has, by their names in it."""
    if file is None:
        return
    for qualname, cls in file.classes.items():
        if cls.is_module:
            yield cls.dotted, qualname
    for qualname, function in file.functions.items():
        if function.owner is None:
            yield f"{file.module}.{qualname}", qualname
    for name in file.imports:
        dotted = names.dotted(ast.Name(name, ast.Load()), file)
        if names.is_known(dotted):
            yield dotted, name
    for star in file.star_imports:
        yield from _of_module(names, names.modules.get(star)) if star != file.module else ()


def _around_a_name(text: ast.expr) -> tuple[str, ast.expr, str] | None:
    """What stands before and behind the one part of a text that is not written out, and that."""
    parts = _pieces(text)
    open_parts = [part for part in parts if not isinstance(part, str)]
    if len(open_parts) != 1:
        return None
    at = parts.index(open_parts[0])
    before = [part for part in parts[:at] if isinstance(part, str)]
    after = [part for part in parts[at + 1 :] if isinstance(part, str)]
    return "".join(before).strip(), open_parts[0], "".join(after).strip()


def _pieces(text: ast.expr) -> list[str | ast.expr]:
    match text:
        case ast.Constant(value=str(value)):
            return [value]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*_pieces(left), *_pieces(right)]
        case ast.JoinedStr(values=values):
            return [piece for value in values for piece in _pieces(value)]
        case ast.FormattedValue(value=value):
            return [value]
        case ast.BinOp(left=ast.Constant(value=str(form)), op=ast.Mod(), right=value):
            before, found, after = form.partition("%s")
            return [before, value, after] if found else [text]
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(form)), attr="format"), args=[value]
        ):
            before, found, after = form.partition("{}")
            return [before, value, after] if found else [text]
    return [text]
