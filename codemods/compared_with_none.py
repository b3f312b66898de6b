"""`self.downsample != None` becomes `self.downsample is not None`.

## What the compiler says

"object has no attribute or method '__ne__'", where a layer is compared; where it is None, a list of
all the comparisons that there are, "aten::ne.Tensor(Tensor self, Tensor other)" among them.

## What is written instead

    if self.downsample != None:                  if self.downsample is not None:

It is the same wherever the class of the value leaves `==` alone, as Tensors, layers, numbers and
lists do.

## When it holds back

The class of the value is under the path and defines `__eq__` or `__ne__`, or the value is an array
of numpy, which compares element by element.
"""

import ast

from torchscript_fix.facts.held import module_classes
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Declined, Fix, NodeRule, Safety, Site

COMPARING = ("__eq__", "__ne__")


class ComparedWithNone(NodeRule[ast.Compare]):
    name = "compared-with-none"
    summary = "What is compared with None by == is asked by `is`."
    messages = (
        "has no attribute or method '__ne__'",
        "has no attribute or method '__eq__'",
        "aten::eq.Tensor(Tensor self, Tensor other)",
        "aten::ne.Tensor(Tensor self, Tensor other)",
    )
    safety = Safety.SAFE
    kinds = ast.Compare

    def fix(self, site: Site[ast.Compare]) -> Fix | None:
        match site.node:
            case ast.Compare(left, [ast.Eq() | ast.NotEq() as sign], [right]) if is_none(
                left
            ) or is_none(right):
                value = right if is_none(left) else left
                for dotted in sorted(module_classes(value, site.function)):
                    cls = site.file.project.classes.get(dotted)
                    if cls is not None and any(map(cls.method, COMPARING)):
                        raise Declined(f"{cls.qualname} has a comparison of its own")
                word = "is" if isinstance(sign, ast.Eq) else "is not"
                code = f"{site.file.segment(value)} {word} None"
                return site.becomes(code)
        return None
