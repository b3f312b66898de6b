"""A Python `sum` over Tensors becomes a loop that adds them up.

## What the compiler says

    Expected a value of type 'Tensor' for argument 'self' but instead found type 'List[Tensor]'.

To the compiler `sum` of a list is there for numbers only.

## What is written instead

                                             terms = [head(x) for head in self.heads]
                                             total = 0 + terms[0]
    return sum(head(x) for head in           for term in terms[1:]:
               self.heads)              →        total = total + term
                                             return total

In the order of before, beginning with the 0 that `sum` begins with. An empty sum, which was the
int 0, is an IndexError: therefore the rewrite counts as `narrowing`.

## When it holds back

Where the sum is not the first thing that its statement works out, or may not be worked out at all:
in a condition, in a loop's head, in a comprehension.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.schemas_said import mismatches
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.before import Before
from torchscript_fix.kit.code import short


class SumOfTensors(SiteRule[Site[ast.Call]]):
    name = "sum-of-tensors"
    summary = "A Python sum over Tensors becomes a loop that adds them up."
    messages = (
        "Expected a value of type 'Tensor' for argument 'self' but instead found type 'List",
    )
    safety = Safety.NARROWING
    mentions = ("sum(",)
    one_per_function = True

    def sites(self, file: FileFacts) -> Iterator[Site[ast.Call]]:
        return self.calls(file)

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        match site.node:
            case ast.Call(func=ast.Name(id="sum"), args=[source, *start], keywords=keywords):
                pass
            case _:
                return None
        said = mismatches(site.message)
        if not any("sum" in one.callee and one.found == "List[Tensor]" for one in said):
            return None
        require(not keywords and len(start) < 2, "what it sums does not show")
        before = Before(site.node, site.function)
        before.require_first(site.node)
        total, term = before.new_name("total", "sum_of_terms"), before.new_name("term", "one_term")
        terms = before.named(source, "terms", "all_terms")
        before.lines += [
            f"{total} = {site.file.segment(start[0]) if start else '0'} + {terms}[0]",
            f"for {term} in {terms}[1:]:",
            f"    {total} = {total} + {term}",
        ]
        edits = (before.edit(), ReplaceExpression(site.node, total))
        return Fix(f"{short(site.node)} is added up in a loop", edits)
