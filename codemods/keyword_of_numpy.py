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
from collections.abc import Iterable

from torchscript_fix.facts.shapes import is_of_torch
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Declined, Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.code import has_comment, shortened
from torchscript_fix.kit.spelling import Spelled, spelled_call

RENAMED = {"axis": "dim", "keepdims": "keepdim"}
BY_POSITION = {"split_size_or_sections": 1}
"""What has another name in the schema, and its position in functions of torch."""
DROPPED = {"requires_grad", "out", *BY_POSITION}

Keywords = dict[str, ast.expr]
UNKNOWN = (*RENAMED, "requires_grad", "as_tuple", "dim", "out")
NO_SPLIT = "Argument split_size not provided"


class KeywordOfNumpy(SiteRule[Site[ast.Call]]):
    name = "keyword-of-numpy"
    summary = "Keywords that only Python's side of torch knows get the schema's name: axis is dim."
    messages = (*(f"Keyword argument {keyword} unknown" for keyword in UNKNOWN), NO_SPLIT)
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterable[Site[ast.Call]]:
        """The calls that are underlined, and others of the same name in their functions."""
        return dict.fromkeys(
            Site(other, site.function, site.located)
            for site in self.calls(file)
            for other in site.function.calls
            if _name(other) == _name(site.node)
        )

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        call, file = site.node, site.file
        said = {word for word in UNKNOWN if f"argument {word} unknown" in site.message}
        said |= BY_POSITION.keys() if NO_SPLIT in site.message else set()
        keywords = {str(keyword.arg): keyword.value for keyword in call.keywords}
        wanted = said & keywords.keys()
        if _name(call) != "norm" or "p" in keywords:
            wanted.discard("dim")
        if not wanted:
            return None
        called = shortened(ast.unparse(call.func), 60)
        require(is_of_torch(call.func, site.function), f"{called} is not known to be torch's")
        comment = "a comment stands inside of what would be written anew"
        require(not has_comment(call, file), comment)
        written = (_nonzero if "as_tuple" in wanted else _written)(site, keywords, wanted)
        return site.becomes(written, shortened(" ".join(written.code.split()), 60))


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _written(site: Site[ast.Call], keywords: Keywords, wanted: set[str]) -> Spelled:
    """A call with the keywords of the schema for those that are `wanted`."""
    segment, positional = site.file.segment, site.node.args
    into_another = "out" in wanted and not is_none(keywords["out"])
    require(not into_another, "the result goes into another Tensor")
    arguments = [segment(argument) for argument in positional]
    for keyword in wanted & BY_POSITION.keys():
        stands_last = len(positional) == BY_POSITION[keyword]
        require(stands_last, f"{keyword}= stands among others")
        arguments.append(segment(keywords[keyword]))
    arguments += ["p=2"] if "dim" in wanted and not positional else []
    names = {name: RENAMED.get(name, name) if name in wanted else name for name in keywords}
    kept = [name for name in keywords if name not in wanted & DROPPED]
    arguments += [f"{names[name]}={segment(keywords[name])}" for name in kept]
    code = f"{segment(site.node.func)}({', '.join(arguments)})"
    match keywords["requires_grad"] if "requires_grad" in wanted else ast.Constant(False):
        case ast.Constant(value=bool(needs)):
            return Spelled(f"{code}.requires_grad_()" if needs else code)
    raise Declined("whether gradients are wanted is worked out while it runs")


def _nonzero(site: Site[ast.Call], keywords: Keywords, wanted: set[str]) -> Spelled:
    call, file = site.node, site.file
    of_torch = file.dotted(call.func).startswith("torch.")
    owner = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    match keywords["as_tuple"], call.args if of_torch else owner, call.keywords:
        case ast.Constant(value=bool(as_tuple)), [of, *_], [_]:
            if not as_tuple:
                return Spelled(f"{file.segment(call.func)}({file.segment(of) if of_torch else ''})")
            require(_is_taken_apart(site), "the tuple of indices is used as a whole")
            return spelled_call("torch.where", [file.segment(of)], file, call.lineno)
    raise Declined("what as_tuple is does not show")


def _is_taken_apart(site: Site[ast.Call]) -> bool:
    match site.parent:
        case ast.Assign([ast.Tuple() | ast.List()]) | ast.Subscript(slice=ast.Constant(int())):
            return True
    return False
