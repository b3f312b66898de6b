"""Cases that call a method of a model in place of its forward: `encode`, `infer`, `act`.

Such a model is built with the method as its `forward`, which is then what eager mode calls and what
torch.jit.script compiles; the model's class and its checkpoint stay what they are.
"""

import re

_FORM = re.compile(
    r"\[_model := (?P<built>.*), setattr\(_model, 'forward', _model\.(?P<method>\w+)\), _model\]"
    r"\[-1\]",
    re.DOTALL,
)


def calling(expression: str, method: str) -> str:
    """The expression that builds a model, for one whose method is called in place of forward."""
    return f"[_model := {expression}, setattr(_model, 'forward', _model.{method}), _model][-1]"


def called(expression: str) -> tuple[str, str]:
    """What builds the model, and the method; "" where forward is called."""
    form = _FORM.fullmatch(expression)
    return (form["built"], form["method"]) if form is not None else (expression, "")


def named(module: str, expression: str) -> str:
    """What a case is called by: `net:Net().act`."""
    built, method = called(expression)
    return f"{module}:{built}.{method}" if method else f"{module}:{built}"
