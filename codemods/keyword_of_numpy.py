"""Keywords that torch takes from NumPy's users get torch's own names: `axis=1` becomes `dim=1`.

## What the compiler says

    Keyword argument axis unknown.
    Keyword argument keepdims unknown.
    Keyword argument requires_grad unknown.
    Keyword argument out unknown.

torch's Python functions accept NumPy's names beside their own. The compiler goes by the schemas,
which have one name for each argument.

## What is written instead

    x.mean(axis=1, keepdims=True)       →    x.mean(dim=1, keepdim=True)
    torch.zeros(n, requires_grad=False) →    torch.zeros(n)
    torch.ones(n, requires_grad=True)   →    torch.ones(n).requires_grad_()
    torch.mean(x, dim=1, out=None)      →    torch.mean(x, dim=1)
    mask.nonzero(as_tuple=False)        →    mask.nonzero()
    i, j = mask.nonzero(as_tuple=True)  →    i, j = torch.where(mask)
    x.norm(dim=1)                       →    x.norm(p=2, dim=1)
    torch.split(                        →    torch.split(x, n, dim=1)
        x, split_size_or_sections=n, dim=1)

## When it holds back

Where the keyword is that of another function than torch's, and where its value is not written out.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import AddImport, Edit, ReplaceExpression
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.schemas_said import call_at
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit.spelling import SpellingError, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

RENAMED = {"axis": "dim", "keepdims": "keepdim"}
BY_POSITION = {"split_size_or_sections": 1}
"""What has another name in the schema, and its position in functions of torch."""

UNKNOWN = (*RENAMED, "requires_grad", "as_tuple", "dim", "out")
NO_SPLIT = "Argument split_size not provided"


class KeywordOfNumpy(Rule):
    """Writes the keywords that schemas know."""

    name = "keyword-of-numpy"
    summary = "Keywords that only Python's side of torch knows get the schema's name: axis is dim."
    messages = (*(f"Keyword argument {keyword} unknown" for keyword in UNKNOWN), NO_SPLIT)
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each call, or why it stays."""
        done: set[ast.Call] = set()
        for located in self.diagnosed(facts):
            call = call_at(located)
            if located.function is None or call is None:
                continue
            said = {word for word in UNKNOWN if f"argument {word} unknown" in located.message}
            if NO_SPLIT in located.message:
                said |= BY_POSITION.keys()
            for each in _alike(call, located):
                if each not in done:
                    done.add(each)
                    found = self._found(each, said, located.function)
                    if found is not None:
                        yield found

    def _found(
        self, call: ast.Call, said: set[str], function: FunctionFacts
    ) -> Rewrite | HeldBack | None:
        path, line, name = function.file.path, call.lineno, function.qualname
        try:
            written = _written(call, said, function)
        except _NotSure as doubt:
            return HeldBack(self.name, path, line, name, str(doubt))
        if written is None:
            return None
        code, imports = written
        edits: tuple[Edit, ...] = (ReplaceExpression(call, code), *imports)
        return Rewrite(self.name, path, line, name, _short(code), Safety.SAFE, edits)


class _NotSure(Exception):
    """Why a call is better left alone."""


def _alike(call: ast.Call, located: Located) -> Iterator[ast.Call]:
    """The call, and others of the same name in its function."""
    assert located.function is not None
    for other in located.function.calls:
        if other is call or _last_name(other) == _last_name(call):
            yield other


def _last_name(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _written(
    call: ast.Call, said: set[str], function: FunctionFacts
) -> tuple[str, tuple[AddImport, ...]] | None:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    wanted = said & keywords.keys()
    norm = _last_name(call) == "norm" and "dim" in wanted and "p" not in keywords
    renamed = wanted & RENAMED.keys()
    moved = wanted & BY_POSITION.keys()
    if not (renamed or moved or wanted & {"requires_grad", "as_tuple", "out"} or norm):
        return None
    if not _is_torchs(call, function):
        raise _NotSure(f"{_short(ast.unparse(call.func))} is not known to be torch's")
    if call.lineno != call.end_lineno and "#" in function.file.segment(call):
        raise _NotSure("a comment stands inside of what would be written anew")
    if "as_tuple" in wanted:
        return _nonzero(call, keywords["as_tuple"], function)
    if "out" in wanted and not is_none(keywords["out"]):
        raise _NotSure("the result goes into another Tensor")
    arguments = [function.file.segment(argument) for argument in call.args]
    for keyword in moved:
        if len(arguments) != BY_POSITION[keyword]:
            raise _NotSure(f"{keyword}= stands among others")
        arguments.append(function.file.segment(keywords[keyword]))
    words = [
        f"{RENAMED.get(str(k.arg), k.arg) if k.arg in renamed else k.arg}="
        f"{function.file.segment(k.value)}"
        for k in call.keywords
        if k.arg not in moved and k.arg not in wanted & {"requires_grad", "out"}
    ]
    if norm and not call.args:
        words = ["p=2", *words]
    code = f"{function.file.segment(call.func)}({', '.join([*arguments, *words])})"
    if "requires_grad" in wanted:
        match keywords["requires_grad"]:
            case ast.Constant(value=bool(needs)):
                return f"{code}.requires_grad_()" if needs else code, ()
        raise _NotSure("whether gradients are wanted is worked out while it runs")
    return code, ()


def _nonzero(
    call: ast.Call, value: ast.expr, function: FunctionFacts
) -> tuple[str, tuple[AddImport, ...]]:
    file = function.file
    of_torch = file.dotted(call.func).startswith("torch.")
    if of_torch:
        of = call.args[0] if call.args else None
    else:
        of = call.func.value if isinstance(call.func, ast.Attribute) else None
    match value:
        case ast.Constant(value=bool(as_tuple)) if of is not None and len(call.keywords) == 1:
            if not as_tuple:
                inside = file.segment(of) if of_torch else ""
                return f"{file.segment(call.func)}({inside})", ()
            if not _is_taken_apart(call, function):
                raise _NotSure("the tuple of indices is used as a whole")
            try:
                torch = spelled_module("torch", file, call.lineno)
            except SpellingError as error:
                raise _NotSure(str(error)) from error
            return f"{torch.code}.where({file.segment(of)})", torch.imports
    raise _NotSure("what as_tuple is does not show")


def _is_taken_apart(call: ast.Call, function: FunctionFacts) -> bool:
    match function.file.parents[call]:
        case ast.Assign(targets=[ast.Tuple() | ast.List()]):
            return True
        case ast.Subscript(value=value, slice=ast.Constant(value=int())):
            return value is call
    return False


def _is_torchs(call: ast.Call, function: FunctionFacts) -> bool:
    if function.file.dotted(call.func).startswith("torch."):
        return True
    return isinstance(call.func, ast.Attribute) and (
        type_of(call.func.value, function) in {None, "Tensor"}
        and function.file.dotted(call.func).partition(".")[0] not in function.file.imports
        and not (isinstance(call.func.value, ast.Name) and call.func.value.id == "self")
    )


def _short(code: str) -> str:
    text = " ".join(code.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
