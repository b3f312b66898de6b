"""Deduced cases as a file that a person can edit, and give back as `--cases FILE.py`."""

import ast
import builtins
import sys
import textwrap
from collections.abc import Iterable

import black

from torchscript_fix.cases.deduced import DeducedCase

LINE_LENGTH = 100

HEAD = '''"""Models and calls of them, as torchscript-fix found them. Give it back with --cases."""

import torch
from torchscript_fix import Case


def cases(module):
    """The cases of one module; it is called with every module under the path."""
'''


def source(cases: Iterable[DeducedCase]) -> str:
    """The file's text. Cases without inputs, which never ran, are left out."""
    by_module: dict[str, list[DeducedCase]] = {}
    for case in cases:
        if case.inputs is not None:
            by_module.setdefault(case.module, []).append(case)
    body = "".join(
        f"    if module.__name__ {_is(module)}:\n" + "".join(map(_yielded, several))
        for module, several in by_module.items()
    )
    text = HEAD + (body or "    return []\n")
    return black.format_str(text, mode=black.Mode(line_length=LINE_LENGTH))


def _is(module: str) -> str:
    """The condition on a module's name. One that is called like a module of Python's is imported
    from its file, under another name (`verify/worker/server.py`)."""
    if module.partition(".")[0] in sys.stdlib_module_names:
        other = "_torchscript_fix_" + module.replace(".", "_")
        return f"in ({module!r}, {other!r})"
    return f"== {module!r}"


def _yielded(case: DeducedCase) -> str:
    args, kwargs = _arguments(case.inputs or ())
    comment = "\n".join(
        f"# {line}" for line in textwrap.wrap(case.how, LINE_LENGTH - 12, break_long_words=False)
    )
    code = f"""\
{comment}
yield Case(
    name={case.expression!r},
    build=lambda: {_of_module(case.expression)},
    inputs=lambda: ({args}, {kwargs}),
)
"""
    return textwrap.indent(code.lstrip(), " " * 8)


def _arguments(inputs: tuple[str, ...]) -> tuple[str, str]:
    """What stands between the parentheses of a call, as a tuple and as a dictionary."""
    call = ast.parse(f"f({', '.join(inputs)})", mode="eval").body
    assert isinstance(call, ast.Call)
    args = [_of_module(ast.unparse(argument)) for argument in call.args]
    kwargs = [f"{k.arg!r}: {_of_module(ast.unparse(k.value))}" for k in call.keywords]
    return f"({', '.join(args)}{',' if len(args) == 1 else ''})", "{" + ", ".join(kwargs) + "}"


def _of_module(expression: str) -> str:
    """The expression with the names of the module spelled as `module.NAME`."""
    tree = ast.parse(expression, mode="eval")
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return ast.unparse(_Qualifier(bound).visit(tree))


class _Qualifier(ast.NodeTransformer):
    """Puts `module.` before names that neither Python, nor this file, nor the expression has."""

    def __init__(self, bound: set[str]) -> None:
        self._known = {"torch", *bound}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._known or hasattr(builtins, node.id):
            return node
        return ast.Attribute(ast.Name("module", ast.Load()), node.id, ast.Load())
