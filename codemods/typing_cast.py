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
from collections.abc import Iterator

from torchscript_fix.edit import ReplaceExpression
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

BINDS_LOOSELY = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.Await)


class TypingCast(Rule):
    """Takes `typing.cast` away."""

    name = "typing-cast"
    summary = "typing.cast is taken away: cast(Tensor, x) becomes x."
    messages = ("builtin cannot be used as a value", "for argument 'typ' but instead found")
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each cast that is scripted, or why it stays."""
        if "cast(" not in facts.text or "typing" not in facts.text:
            return
        for function in facts.functions.values():
            for call in function.calls:
                if facts.dotted(call.func) != "typing.cast" or len(call.args) != 2:
                    continue
                if not function.scripted:
                    break
                line, name = call.lineno, function.qualname
                if any(isinstance(node, ast.Call) for node in ast.walk(call.args[0])):
                    reason = "the type is worked out by a call"
                    yield HeldBack(self.name, facts.path, line, name, reason)
                    continue
                value = call.args[1]
                code = facts.segment(value)
                if isinstance(value, BINDS_LOOSELY) or "\n" in code:
                    code = f"({code})"
                edits = (ReplaceExpression(call, code),)
                summary = "a cast for the type checker is left away"
                yield Rewrite(self.name, facts.path, line, name, summary, Safety.SAFE, edits)
