"""Sizes are handed over as one list, not unpacked by a star: `x.view(*shape)` becomes
`x.view(shape)`.

## What the compiler says

    cannot statically infer the expected size of a list in this context

A size is a list to TorchScript, and how long a list is, is known only when the model runs. A star
would need to know it while compiling.

## What is written instead

    y.view(n, c, *x.size()[2:])         →    y.view([n, c] + list(x.size()[2:]))
    x.view(*shape)                      →    x.view(shape)
    torch.cat([x, *others])             →    torch.cat([x] + list(others))
    n, *rest = x.shape                  →    n = x.shape[0]
                                             rest = list(x.shape[1:])
    b, t, n = *key.shape[:2], heads     →    (b, t), n = key.shape[:2], heads
    b, *_, device = *x.shape, x.device  →    b = x.shape[0]
                                             device = x.device
    tuple(x.shape[2:])                  →    x.shape[2:]
    torch.cat(tuple(outs), 1)           →    torch.cat(outs, 1)

What takes sizes takes them one by one or as one list, to the same effect. A slice of a size is a
tuple already (a `torch.Size`).

## When it holds back

Where the star fills the parameters of a function of the path; where a tuple of unknown length is
kept: TorchScript has no such type (`return tuple(outputs)` is the business of tuple-of-list); where
a name is starred between others on the left; where a comment stands inside of what would be written
anew.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.editing.edit import Edit, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.shapes import (
    is_fresh_list,
    is_only_a_size,
    is_size,
    takes_one_list,
    takes_sizes_apart,
)
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

Place = ast.Call | ast.List | ast.Tuple | ast.Assign
"""What holds a star, or is a call of `tuple`."""

TAKES_LIST = frozenset({"max", "min", "torch.meshgrid"})
"""What takes its arguments as one list as well."""

TAKES_TENSORS = frozenset(
    f"torch.{name}" for name in ("cat", "concat", "stack", "hstack", "vstack", "dstack")
)
"""What takes a list or a tuple of Tensors first."""

NO_TUPLE = "a tuple has a fixed number of parts in TorchScript, and this has as many as come"


class UnpackedSize(Rule):
    """Writes sizes as lists where a star unpacks them."""

    name = "unpacked-size"
    summary = "Sizes are handed over as one list: x.view(*shape) becomes x.view(shape)."
    messages = ("cannot statically infer the expected size of a list in this context",)
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each place, or why it stays."""
        stars = (node for node in facts.nodes if isinstance(node, ast.Starred | ast.Call))
        places = [place for node in stars if (place := _place(node, facts)) is not None]
        if not places:
            return
        said = [found.node or found.line for found in self.diagnosed(facts)]
        for function in facts.functions_in_question:
            inside = set(function.nodes) if function.scripted else set()
            if inside.isdisjoint(places):
                continue
            for place in dict.fromkeys(place for place in places if place in inside):
                named = any(_is_at(where, place) for where in said)
                yield from self._found(place, function, named)

    def _found(
        self, place: Place, function: FunctionFacts, named: bool
    ) -> Iterator[Rewrite | HeldBack]:
        path, line, name = function.file.path, place.lineno, function.qualname
        try:
            written = _written(place, function, named)
        except _NotSure as doubt:
            yield HeldBack(self.name, path, line, name, str(doubt))
            return
        if written is not None and _has_comment(place, function):
            reason = "a comment stands inside of what would be written anew"
            yield HeldBack(self.name, path, line, name, reason)
        elif written is not None:
            yield Rewrite(
                self.name, path, line, name, written.summary, Safety.SAFE, (written.edit,)
            )


class _NotSure(Exception):
    """Why a place is better left alone."""


@dataclass(frozen=True)
class _Written:
    edit: Edit
    summary: str


def _place(node: ast.AST, facts: FileFacts) -> Place | None:
    """What holds a star; or the call of `tuple`."""
    match node:
        case ast.Starred():
            parent = facts.parents[node]
            if isinstance(parent, ast.Tuple):
                above = facts.parents[parent]
                if isinstance(above, ast.Assign):
                    is_target = above.targets == [parent]
                    taken_apart = isinstance(above.targets[0], ast.Tuple)
                    return above if is_target or taken_apart else parent
            return parent if isinstance(parent, ast.Call | ast.List | ast.Tuple) else None
        case ast.Call(func=ast.Name(id="tuple"), args=[_], keywords=[]):
            return node
    return None


def _is_at(where: ast.AST | int, place: Place) -> bool:
    """Whether the compiler underlined a place, or something in it, or something around it."""
    if isinstance(where, int):
        return place.lineno <= where <= (place.end_lineno or place.lineno)
    start, end = getattr(where, "lineno", 0), getattr(where, "end_lineno", 0)
    if isinstance(where, ast.stmt) and start != end:
        return False
    return start <= (place.end_lineno or 0) and place.lineno <= end


def _written(place: Place, function: FunctionFacts, named: bool) -> _Written | None:
    """What is written for one place; None where nothing says that it does not compile."""
    match place:
        case ast.Assign(targets=[ast.Tuple() as target], value=value):
            return _assigned(place, target, value, function, named)
        case ast.Call(func=ast.Name(id="tuple"), args=[only]):
            return _tuple_call(place, only, function, named)
        case ast.Call():
            return _call(place, function, named)
        case ast.List(elts=elements, ctx=ast.Load()):
            return _display(place, elements, function, named)
        case ast.Tuple(elts=elements, ctx=ast.Load()):
            if not _may_be_list(place, function):
                if _lists(elements, function, named):
                    raise _NotSure(NO_TUPLE)
                return None
            return _display(place, elements, function, named)
    return None


def _has_comment(place: Place, function: FunctionFacts) -> bool:
    """Whether one stands in it; a `#` inside of a text counts as one, too."""
    return place.lineno != place.end_lineno and "#" in function.file.segment(place)


# ----------------------------------------------------------------------------------- expressions


def _call(call: ast.Call, function: FunctionFacts, named: bool) -> _Written | None:
    if not _lists(call.args, function, named):
        return None
    file = function.file
    dotted = file.dotted(call.func)
    if not takes_sizes_apart(call, function) and dotted not in TAKES_LIST:
        raise _NotSure(f"how many arguments {ast.unparse(call.func)} gets is not known")
    if len(call.args) > 1 and dotted in TAKES_LIST:
        raise _NotSure("a star among other arguments")
    match call.args:
        case [ast.Starred(value=value)]:
            arguments = file.segment(value)
        case _:
            arguments = _joined(call.args, function)
    keywords = [_keyword(keyword, function) for keyword in call.keywords]
    code = f"{file.segment(call.func)}({', '.join([arguments, *keywords])})"
    return _Written(
        ReplaceExpression(call, code), f"{_short(call.func)}() takes its sizes as one list"
    )


def _display(
    node: ast.List | ast.Tuple, elements: list[ast.expr], function: FunctionFacts, named: bool
) -> _Written | None:
    """`[a, *b]` as `[a] + list(b)`, in parentheses where it is a part of something."""
    if not _lists(elements, function, named):
        return None
    code = _joined(elements, function)
    parent = function.file.parents[node]
    if len(elements) > 1 and isinstance(parent, ast.BinOp | ast.Attribute | ast.Subscript):
        code = f"({code})"
    return _Written(ReplaceExpression(node, code), f"{_short(node)} is put together as a list")


def _tuple_call(
    call: ast.Call, only: ast.expr, function: FunctionFacts, named: bool
) -> _Written | None:
    """`tuple(x.shape[2:])` is `x.shape[2:]`; `tuple(f(s) for s in sizes)` may be a list where a
    list serves."""
    file = function.file
    if _is_returned(call, function):
        return None  # which is what tuple-of-list is for
    if is_size(only, function):
        if isinstance(file.parents[call], ast.FormattedValue):
            raise _NotSure(NO_TUPLE)
        code = file.segment(only)
        if isinstance(only, ast.BinOp) and not isinstance(file.parents[call], ast.Call):
            code = f"({code})"
        return _Written(ReplaceExpression(call, code), "a size is a tuple already")
    is_list = isinstance(only, ast.GeneratorExp) or _is_list(only, function)
    if not named and not is_list:
        return None
    if not _may_be_list(call, function):
        raise _NotSure(NO_TUPLE)
    if isinstance(only, ast.GeneratorExp):
        inside = file.segment(only)
        code = f"[{inside[1:-1] if inside.startswith('(') else inside}]"
    else:
        is_kept = isinstance(file.parents[call], ast.Assign) and not is_fresh_list(only)
        code = f"list({file.segment(only)})" if is_kept else file.segment(only)
    return _Written(ReplaceExpression(call, code), "a list serves as well as a tuple")


def _is_returned(call: ast.Call, function: FunctionFacts) -> bool:
    above = function.file.parents[call]
    if isinstance(above, ast.IfExp | ast.Tuple):
        above = function.file.parents[above]
    return isinstance(above, ast.Return)


def _may_be_list(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether a list serves as well as the tuple that stands here."""
    match function.file.parents[node]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            values = function.assignments.get(name, [])
            return len(values) == 1 and is_only_a_size(name, function)
        case ast.Call(func=func, args=[first, *_]) if first is node:
            if function.file.dotted(func) in TAKES_TENSORS:
                return True
    return takes_one_list(node, function)


def _lists(elements: list[ast.expr], function: FunctionFacts, named: bool) -> bool:
    """Whether a star among them surely unpacks a list: its value shows it, or the compiler did."""
    stars = [element.value for element in elements if isinstance(element, ast.Starred)]
    return any(
        _is_list(star, function)
        or (named and not (type_of(star, function) or "").startswith("Tuple["))
        for star in stars
    )


def _is_list(value: ast.expr, function: FunctionFacts) -> bool:
    """Whether it is surely a list to the compiler. A tuple that an attribute holds is none."""
    if is_size(value, function) or is_fresh_list(value):
        return True
    kind = type_of(value, function) or ""
    return kind.startswith("List[") and isinstance(value, ast.Name)


def _joined(elements: list[ast.expr], function: FunctionFacts) -> str:
    """`[a, b] + list(c) + [d]` for `a, b, *c, d`."""
    parts: list[str] = []
    plain: list[str] = []
    for element in elements:
        if isinstance(element, ast.Starred):
            if plain:
                parts.append(f"[{', '.join(plain)}]")
                plain = []
            parts.append(_listed(element.value, function))
        else:
            plain.append(function.file.segment(element))
    if plain:
        parts.append(f"[{', '.join(plain)}]")
    return " + ".join(parts)


def _listed(value: ast.expr, function: FunctionFacts) -> str:
    code = function.file.segment(value)
    return code if is_fresh_list(value) else f"list({code})"


def _keyword(keyword: ast.keyword, function: FunctionFacts) -> str:
    value = function.file.segment(keyword.value)
    return f"{keyword.arg}={value}" if keyword.arg else f"**{value}"


# ------------------------------------------------------------------------------------ statements


def _assigned(
    statement: ast.Assign,
    target: ast.Tuple,
    value: ast.expr,
    function: FunctionFacts,
    named: bool,
) -> _Written | None:
    if any(isinstance(element, ast.Starred) for element in target.elts):
        if isinstance(value, ast.Tuple):
            return _starred_on_both_sides(statement, target, value, function, named)
        return _starred_target(statement, target, value, function, named)
    if not isinstance(value, ast.Tuple) or not _lists(value.elts, function, named):
        return None
    stars = [i for i, element in enumerate(value.elts) if isinstance(element, ast.Starred)]
    taken = len(target.elts) - len(value.elts) + 1
    if len(stars) != 1 or taken < 1:
        raise _NotSure("how many names each star fills is not known")
    (at,) = stars
    names = [function.file.segment(element) for element in target.elts]
    values = [
        function.file.segment(e.value if isinstance(e, ast.Starred) else e) for e in value.elts
    ]
    inside = ", ".join(names[at : at + taken])
    group = f"({inside},)" if taken == 1 else f"({inside})"
    left = ", ".join([*names[:at], group, *names[at + taken :]])
    code = f"{left} = {', '.join(values)}"
    return _Written(ReplaceStatement(statement, code), "the star's part is unpacked by itself")


def _starred_target(
    statement: ast.Assign,
    target: ast.Tuple,
    value: ast.expr,
    function: FunctionFacts,
    named: bool,
) -> _Written | None:
    """`first, *rest = x.shape`, and `*rest, last = x.shape`."""
    if not is_size(value, function) and not named:
        return None
    stars = [i for i, element in enumerate(target.elts) if isinstance(element, ast.Starred)]
    at = stars[0]
    if len(stars) > 1 or at not in {0, len(target.elts) - 1} or len(target.elts) < 2:
        raise _NotSure("a name is starred between others")
    if not _is_plain(value):
        raise _NotSure("what is unpacked would be worked out twice")
    star = target.elts[at]
    assert isinstance(star, ast.Starred)
    others = [element for element in target.elts if element is not star]
    if not all(isinstance(element, ast.Name) for element in (*others, star.value)):
        raise _NotSure("what is unpacked goes to other places than names")
    source, count = function.file.segment(value), len(others)
    if isinstance(value, ast.BinOp):
        source = f"({source})"
    slices = (f"-{count}:", f":-{count}") if at == 0 else (f":{count}", f"{count}:")
    index = "-1" if at == 0 else "0"
    names = [function.file.segment(element) for element in others]
    if count == 1:
        single = f"{names[0]} = {source}[{index}]"
    else:
        single = f"{', '.join(names)} = {source}[{slices[0]}]"
    rest = f"{function.file.segment(star.value)} = list({source}[{slices[1]}])"
    if _is_never_read(star.value, function):
        return _Written(ReplaceStatement(statement, single), "the names take a part of the size")
    used = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    if used & set(names):
        if ast.unparse(star.value) in used:
            raise _NotSure("what is unpacked is overwritten by its parts")
        single, rest = rest, single
    return _Written(
        ReplaceStatement(statement, f"{single}\n{rest}"), "the starred name takes a slice"
    )


def _starred_on_both_sides(
    statement: ast.Assign,
    target: ast.Tuple,
    value: ast.Tuple,
    function: FunctionFacts,
    named: bool,
) -> _Written | None:
    """`b, *_, device = *x.shape, x.device`."""
    if not _lists(value.elts, function, named):
        return None
    segment = function.file.segment
    at = next(i for i, element in enumerate(target.elts) if isinstance(element, ast.Starred))
    size, behind = value.elts[0], value.elts[1:]
    last = target.elts[at + 1 :]
    if not isinstance(size, ast.Starred) or at == 0 or len(last) != len(behind):
        raise _NotSure("how many names each star fills is not known")
    star = target.elts[at]
    names = [*target.elts[:at], *last, star.value if isinstance(star, ast.Starred) else star]
    if not all(isinstance(name, ast.Name) for name in names) or not _is_plain(size.value):
        raise _NotSure("what is unpacked goes to other places than names")
    used = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    if used & {segment(name) for name in names}:
        raise _NotSure("what is unpacked is overwritten by its parts")
    source = (
        f"({segment(size.value)})" if isinstance(size.value, ast.BinOp) else segment(size.value)
    )
    first = [segment(name) for name in target.elts[:at]]
    lines = [
        f"{first[0]} = {source}[0]" if at == 1 else f"{', '.join(first)} = {source}[:{at}]",
        f"{segment(names[-1])} = list({source}[{at}:])",
        f"{', '.join(map(segment, last))} = {', '.join(map(segment, behind))}",
    ]
    if _is_never_read(names[-1], function):
        del lines[1]
    kept = lines if last else lines[:-1]
    return _Written(ReplaceStatement(statement, "\n".join(kept)), "each name takes its part")


def _is_never_read(name: ast.expr, function: FunctionFacts) -> bool:
    """Whether a name only takes what nobody wants: `_`."""
    return isinstance(name, ast.Name) and all(
        isinstance(node.ctx, ast.Store)
        for node in function.nodes
        if isinstance(node, ast.Name) and node.id == name.id
    )


def _is_plain(value: ast.expr) -> bool:
    """Whether working it out twice is the same as once: names, attributes, sizes, constants."""
    return all(
        isinstance(
            node,
            ast.Name | ast.Attribute | ast.Subscript | ast.Slice | ast.Constant | ast.UnaryOp
            | ast.USub | ast.expr_context | ast.BinOp | ast.Add | ast.Sub | ast.Tuple
        )
        or (isinstance(node, ast.Call) and _is_size_call(node))
        for node in ast.walk(value)
    )  # fmt: skip


def _is_size_call(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "size"


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else f"{text[:37]}..."
