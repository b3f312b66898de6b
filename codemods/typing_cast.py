"""`typing.cast` is taken away: `cast(Tensor, x)` becomes `x`.

## What the compiler says

    builtin cannot be used as a value
    Expected a value of type 'Tensor (inferred)' for argument 'typ' but instead found type 'str'

`cast` says something to a type checker, and gives back its second argument. The compiler knows
neither it nor the type that it is given.

## What is written instead

    return cast(torch.Tensor, self.model(x))    →    return self.model(x)

## When it holds back

Where the type is worked out by a call, which would no longer be made.
"""

import ast

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.kit import Fix, NodeRule, Safety, Scope, Site, require
from torchscript_fix.kit.code import operand


class TypingCast(NodeRule[ast.Call]):
    name = "typing-cast"
    summary = "typing.cast is taken away: cast(Tensor, x) becomes x."
    messages = ("builtin cannot be used as a value", "for argument 'typ' but instead found")
    safety = Safety.SAFE
    scope = Scope.SCRIPTED
    mentions = ("cast(",)
    kinds = ast.Call

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        match site.node.args:
            case [kind, value] if site.file.dotted(site.node.func) == "typing.cast":
                called = any(isinstance(node, ast.Call) for node in ast.walk(kind))
                require(not called, "the type is worked out by a call")
                edit = ReplaceExpression(site.node, operand(value, site.file))
                return Fix("a cast for the type checker is left away", [edit])
        return None
