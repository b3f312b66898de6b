"""What a function says that it returns is what it returns.

## What the compiler says

"Return value was annotated as having type Tensor but is actually of type Tuple[Tensor, Tensor]",
where an annotation is wrong; and where it says `Any`, what is done with the value is refused:
"Expected a value of type 'Tensor' for argument 'input' but instead found type 'Any'".

## What is written instead

    def features(self, x) -> Tuple[Tensor, Tensor]:
        return x, self.fc(x)

The type is the one that cases saw the function return. An annotation changes nothing in Python.

## When it holds back

- No case saw the function return, or it returned values of several types.
- What it returned has no type in TorchScript.
"""

from collections.abc import Iterator

from torchscript_fix.facts.annotations import annotation_type, takes_no_annotation
from torchscript_fix.facts.nodes import FunctionNode
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.facts.unify import NONE, seen_together
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, known, require
from torchscript_fix.kit.declare import SAID_ANY, declare_return, says_any
from torchscript_fix.kit.spelling import spelled

WRONG = "Return value was annotated as having type"


class ReturnedType(SiteRule[Site[FunctionNode]]):
    name = "returned-type"
    summary = "An annotation of what is returned that is wrong, or Any, becomes what is returned."
    messages = (WRONG, *SAID_ANY)
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[Site[FunctionNode]]:
        wrong = {located.function for located in file.diagnosed((WRONG,))}
        vague = any(file.diagnosed(SAID_ANY))
        for function in file.functions.values():
            returns = function.node.returns
            is_vague = vague and says_any(returns, file) and function.scripted
            is_wrong = returns is not None and function in wrong
            if (is_wrong or is_vague) and not takes_no_annotation(function):
                yield Site(function.node, function)

    def fix(self, site: Site[FunctionNode]) -> Fix | None:
        seen = site.observed.returns
        require(seen, f"what {site.function.name} returns is not known", site.a_case)
        kind = known(seen_together(seen), f"it returned {' and '.join(sorted(seen))}")
        if kind in {annotation_type(site.node.returns, site.file), NONE}:
            return None
        annotation = spelled(kind, site.file, site.line)
        edits = declare_return(site.function, annotation)
        return Fix(f"-> {annotation.code}, as cases saw it", edits)
