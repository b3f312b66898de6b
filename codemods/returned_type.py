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

import ast
from collections.abc import Iterator

from torchscript_fix.facts.annotations import annotation_type, takes_no_annotation
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.facts.unify import NONE, seen_together
from torchscript_fix.kit import Declined, Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.declare import SAID_ANY, declare_return
from torchscript_fix.kit.spelling import spelled

WRONG = "Return value was annotated as having type"


class ReturnedType(SiteRule[Site[ast.FunctionDef]]):
    name = "returned-type"
    summary = "An annotation of what is returned that is wrong, or Any, becomes what is returned."
    messages = (WRONG, *SAID_ANY)
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[Site[ast.FunctionDef]]:
        wrong = {located.function for located in file.diagnosed((WRONG,))}
        vague = any(file.diagnosed(SAID_ANY))
        for function in file.functions.values():
            node = function.node
            if node.returns is None or takes_no_annotation(function):
                continue
            says_any = vague and file.dotted(node.returns) == "typing.Any" and function.scripted
            if function in wrong or says_any:
                assert isinstance(node, ast.FunctionDef)
                yield Site(node, function)

    def fix(self, site: Site[ast.FunctionDef]) -> Fix | None:
        seen = site.observed.returns
        require(seen, f"what {site.function.name} returns is not known", site.a_case)
        kind = seen_together(seen)
        if kind is None:
            raise Declined(f"it returned {' and '.join(sorted(seen))}")
        if kind in {annotation_type(site.node.returns, site.file), NONE}:
            return None
        annotation = spelled(kind, site.file, site.line)
        edits = declare_return(site.function, annotation)
        return Fix(f"-> {annotation.code}, as cases saw it", edits)
