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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from torchscript_fix.editing.edit import ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.indexing import names_in
from torchscript_fix.facts.shapes import (
    is_fresh_list,
    is_only_a_size,
    is_size,
    takes_one_list,
    takes_sizes_apart,
)
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import Fix, Safety, Scope, Site, SiteRule, require
from torchscript_fix.kit.code import arguments_of, as_list, has_comment, operand, short, tuple_of

Place = ast.Call | ast.List | ast.Tuple | ast.Assign
"""What holds a star, or is a call of `tuple`."""

TAKES_LIST = frozenset({"max", "min", "torch.meshgrid"})
"""What takes its arguments as one list as well."""

TAKES_TENSORS = frozenset(
    f"torch.{name}" for name in ("cat", "concat", "stack", "hstack", "vstack", "dstack")
)
"""What takes a list or a tuple of Tensors first."""

NO_TUPLE = "a tuple has a fixed number of parts in TorchScript, and this has as many as come"
UNKNOWN_COUNT = "how many names each star fills is not known"
NO_NAMES = "what is unpacked goes to other places than names"
OVERWRITTEN = "what is unpacked is overwritten by its parts"


@dataclass(frozen=True)
class _Place(Site[Place]):
    named: bool = field(default=False, compare=False)
    """Whether the compiler underlined it."""

    def is_size(self, value: ast.expr) -> bool:
        return is_size(value, self.function)

    def is_list(self, value: ast.expr) -> bool:
        """Whether it is surely a list to the compiler. A tuple that an attribute holds is none."""
        if self.is_size(value) or is_fresh_list(value):
            return True
        kind = type_of(value, self.function) or ""
        return kind.startswith("List[") and isinstance(value, ast.Name)

    def unpacks_list(self, elements: Sequence[ast.expr]) -> bool:
        """Whether a star among them surely unpacks a list: its value shows it, or the compiler
        did."""
        return any(
            self.is_list(star.value)
            or (self.named and not (type_of(star.value, self.function) or "").startswith("Tuple["))
            for star in elements
            if isinstance(star, ast.Starred)
        )


class UnpackedSize(SiteRule[_Place]):
    name = "unpacked-size"
    summary = "Sizes are handed over as one list: x.view(*shape) becomes x.view(shape)."
    messages = ("cannot statically infer the expected size of a list in this context",)
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[_Place]:
        stars = (node for node in file.nodes if isinstance(node, ast.Starred | ast.Call))
        found = (_place(node, file) for node in stars)
        places = dict.fromkeys(place for place in found if place is not None)
        if not places:
            return
        said = [located.node or located.line for located in self.diagnosed(file)]
        for function in self.functions(file, Scope.SCRIPTED):
            inside = set(function.nodes)
            for place in places:
                if place in inside:
                    yield _Place(place, function, named=any(_is_at(w, place) for w in said))

    def fix(self, site: _Place) -> Fix | None:
        fix = _written(site)
        commented = fix is not None and has_comment(site.node, site.file)
        require(not commented, "a comment stands inside of what would be written anew")
        return fix


def _place(node: ast.AST, file: FileFacts) -> Place | None:
    """What holds a star; or the call of `tuple`."""
    match node, file.parents[node]:
        case ast.Starred(), ast.Tuple() as parent:
            match file.parents[parent]:
                case ast.Assign(targets=[target, *more]) as above:
                    is_target = target is parent and not more
                    return above if is_target or isinstance(target, ast.Tuple) else parent
            return parent
        case ast.Starred(), (ast.Call() | ast.List()) as parent:
            return parent
        case ast.Call(func=ast.Name(id="tuple"), args=[_], keywords=[]) as call, _:
            return call
    return None


def _is_at(where: ast.AST | int, place: Place) -> bool:
    """Whether the compiler underlined a place, or something in it, or something around it."""
    first, last = place.lineno, place.end_lineno or place.lineno
    if isinstance(where, int):
        return first <= where <= last
    start, end = getattr(where, "lineno", 0), getattr(where, "end_lineno", 0)
    is_compound = isinstance(where, ast.stmt) and start != end
    return not is_compound and start <= last and first <= end


def _written(site: _Place) -> Fix | None:
    """What is written for one place; None where nothing says that it does not compile."""
    match site.node:
        case ast.Assign(targets=[ast.Tuple() as target], value=value):
            return _assigned(site, target, value)
        case ast.Call(func=ast.Name(id="tuple"), args=[only]) as call:
            return _tuple_call(site, call, only)
        case ast.Call() as call:
            return _call(site, call) if site.unpacks_list(call.args) else None
        case (ast.List() | ast.Tuple()) as display if isinstance(display.ctx, ast.Load):
            if not site.unpacks_list(display.elts):
                return None
            may_be = isinstance(display, ast.List) or _may_be_list(site, display)
            require(may_be, NO_TUPLE)
            code, tight = _joined(site, display.elts), ast.BinOp | ast.Attribute | ast.Subscript
            if len(display.elts) > 1 and isinstance(site.parent, tight):
                code = f"({code})"
            summary = f"{short(display, 40)} is put together as a list"
            return Fix(summary, [ReplaceExpression(display, code)])
    return None


# ----------------------------------------------------------------------------------- expressions


def _call(site: _Place, call: ast.Call) -> Fix:
    dotted, segment = site.file.dotted(call.func), site.file.segment
    counted = takes_sizes_apart(call, site.function) or dotted in TAKES_LIST
    require(counted, f"how many arguments {ast.unparse(call.func)} gets is not known")
    several = len(call.args) > 1 and dotted in TAKES_LIST
    require(not several, "a star among other arguments")
    match call.args:
        case [ast.Starred(value=value)]:
            sizes = segment(value)
        case _:
            sizes = _joined(site, call.args)
    arguments = ", ".join([sizes, *arguments_of(call, site.file)[len(call.args) :]])
    edit = ReplaceExpression(call, f"{segment(call.func)}({arguments})")
    return Fix(f"{short(call.func, 40)}() takes its sizes as one list", [edit])


def _tuple_call(site: _Place, call: ast.Call, only: ast.expr) -> Fix | None:
    """`tuple(x.shape[2:])` is `x.shape[2:]`; `tuple(f(s) for s in sizes)` may be a list where a
    list serves."""
    parent = around = site.parent
    if isinstance(around, ast.IfExp | ast.Tuple):
        around = site.file.parents[around]
    if isinstance(around, ast.Return):
        return None  # which is what tuple-of-list is for
    code, summary = as_list(only, site.file), "a list serves as well as a tuple"
    if site.is_size(only):
        require(not isinstance(parent, ast.FormattedValue), NO_TUPLE)
        bracketed = isinstance(only, ast.BinOp) and not isinstance(parent, ast.Call)
        code, summary = f"({code})" if bracketed else code, "a size is a tuple already"
    else:
        is_generator = isinstance(only, ast.GeneratorExp)
        if not (site.named or is_generator or site.is_list(only)):
            return None
        require(_may_be_list(site, call), NO_TUPLE)
        if isinstance(parent, ast.Assign) and not is_generator and not is_fresh_list(only):
            code = f"list({code})"  # which is kept
    return Fix(summary, [ReplaceExpression(call, code)])


def _may_be_list(site: _Place, node: ast.expr) -> bool:
    """Whether a list serves as well as the tuple that stands here."""
    match site.parent:
        case ast.Assign(targets=[ast.Name(id=name)]):
            is_kept_once = len(site.function.assignments.get(name, [])) == 1
            return is_kept_once and is_only_a_size(name, site.function)
        case ast.Call(func=func, args=[first, *_]) if first is node:
            if site.file.dotted(func) in TAKES_TENSORS:
                return True
    return takes_one_list(node, site.function)


def _joined(site: _Place, elements: list[ast.expr]) -> str:
    """`[a, b] + list(c) + [d]` for `a, b, *c, d`."""
    parts: list[str] = []
    plain: list[str] = []
    for element in elements:
        if not isinstance(element, ast.Starred):
            plain.append(site.file.segment(element))
            continue
        parts += [f"[{', '.join(plain)}]"] if plain else []
        plain, code = [], site.file.segment(element.value)
        parts.append(code if is_fresh_list(element.value) else f"list({code})")
    return " + ".join([*parts, f"[{', '.join(plain)}]"] if plain else parts)


# ------------------------------------------------------------------------------------ statements


def _assigned(site: _Place, target: ast.Tuple, value: ast.expr) -> Fix | None:
    starred = [i for i, element in enumerate(target.elts) if isinstance(element, ast.Starred)]
    if not isinstance(value, ast.Tuple):
        is_unpacked = starred and (site.named or site.is_size(value))
        return _starred_target(site, target.elts, starred, value) if is_unpacked else None
    if not site.unpacks_list(value.elts):
        return None
    if starred:
        return _starred_on_both_sides(site, target.elts, starred[0], value)
    names, values = target.elts, [_unstarred(each) for each in value.elts]
    stars = [i for i, element in enumerate(value.elts) if isinstance(element, ast.Starred)]
    taken = len(names) - len(values) + 1
    require(len(stars) == 1 and taken >= 1, UNKNOWN_COUNT)
    (at,), texts = stars, _texts(site, names)
    left = [*texts[:at], tuple_of(texts[at : at + taken]), *texts[at + taken :]]
    code = f"{', '.join(left)} = {', '.join(_texts(site, values))}"
    return _replaced(site, [code], "the star's part is unpacked by itself")


def _starred_target(
    site: _Place, names: list[ast.expr], starred: list[int], value: ast.expr
) -> Fix:
    """`first, *rest = x.shape`, and `*rest, last = x.shape`."""
    at, count = starred[0], len(names) - 1
    at_an_end = len(starred) == 1 and at in {0, count} and count >= 1
    require(at_an_end, "a name is starred between others")
    require(_is_plain(value), "what is unpacked would be worked out twice")
    require(all(isinstance(_unstarred(name), ast.Name) for name in names), NO_NAMES)
    source, others = operand(value, site.file), names[1:] if at == 0 else names[:-1]
    star, texts = _unstarred(names[at]), _texts(site, others)
    own, rest = (f"-{count}:", f":-{count}") if at == 0 else (f":{count}", f"{count}:")
    own = ("-1" if at == 0 else "0") if count == 1 else own
    lines = [f"{', '.join(texts)} = {source}[{own}]"]
    if _is_never_read(site, star):
        return _replaced(site, lines, "the names take a part of the size")
    lines.append(f"{site.file.segment(star)} = list({source}[{rest}])")
    used = names_in(value)
    if not used.isdisjoint(texts):
        require(ast.unparse(star) not in used, OVERWRITTEN)
        lines.reverse()
    return _replaced(site, lines, "the starred name takes a slice")


def _starred_on_both_sides(site: _Place, names: list[ast.expr], at: int, value: ast.Tuple) -> Fix:
    """`b, *_, device = *x.shape, x.device`."""
    size, *behind = value.elts
    last, star, first = names[at + 1 :], _unstarred(names[at]), _texts(site, names[:at])
    counted = isinstance(size, ast.Starred) and at > 0 and len(last) == len(behind)
    require(counted, UNKNOWN_COUNT)
    size, all_names = _unstarred(size), [*names[:at], *last, star]
    are_names = all(isinstance(name, ast.Name) for name in all_names)
    require(are_names and _is_plain(size), NO_NAMES)
    require(names_in(value).isdisjoint(_texts(site, all_names)), OVERWRITTEN)
    source = operand(size, site.file)
    lines = [f"{', '.join(first)} = {source}[{'0' if at == 1 else f':{at}'}]"]
    if not _is_never_read(site, star):
        lines.append(f"{site.file.segment(star)} = list({source}[{at}:])")
    if last:
        lines.append(f"{', '.join(_texts(site, last))} = {', '.join(_texts(site, behind))}")
    return _replaced(site, lines, "each name takes its part")


def _replaced(site: _Place, lines: Sequence[str], summary: str) -> Fix:
    assert isinstance(site.node, ast.Assign)
    return Fix(summary, [ReplaceStatement(site.node, "\n".join(lines))])


def _texts(site: _Place, nodes: Sequence[ast.expr]) -> list[str]:
    return [site.file.segment(node) for node in nodes]


def _unstarred(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _is_never_read(site: _Place, name: ast.expr) -> bool:
    """Whether a name only takes what nobody wants: `_`."""
    return isinstance(name, ast.Name) and all(
        isinstance(node.ctx, ast.Store)
        for node in site.function.nodes
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
        or (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "size")
        for node in ast.walk(value)
    )  # fmt: skip
