"""Cases as a file that a person can edit, and give back as `--cases FILE.py`."""

import ast
import builtins
import os
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import black

from torchscript_fix.cases.declared import DeclaredCase
from torchscript_fix.cases.deduced import DeducedCase
from torchscript_fix.cases.method import called, named
from torchscript_fix.cases.recorded import Call, RecordedCommand
from torchscript_fix.cases.saved import SETTINGS

LINE_LENGTH = 100

HEAD = '''"""Models and calls of them, as torchscript-fix found them. Give it back with --cases."""

'''
IMPORTS = """\
import torch
from torchscript_fix import Case

"""
KNOWN = {"math": "import math", "np": "import numpy as np", "numpy": "import numpy"}
"""What an input may speak of, whatever its module imports."""
CASES = '''

def cases(module):
    """The cases of one module; it is called with every module under the path."""
'''


@dataclass(frozen=True)
class Needs:
    """What the cases were run with, beside what is found again by reading the same files."""

    import_roots: Sequence[Path] = ()
    stub_missing: bool = False
    calls: Mapping[RecordedCommand, Sequence[Call]] | None = None
    """Command to its calls that are cases."""


def source(
    cases: Iterable[DeclaredCase | DeducedCase | RecordedCommand], folder: Path, needs: Needs
) -> str:
    """The text of a file in `folder`. Cases that were found are functions that can be edited; what
    the user typed stays what it was. Cases without inputs, which never ran, are left out."""
    by_module: dict[str, list[DeducedCase]] = {}
    given: list[DeclaredCase | RecordedCommand] = []
    for case in cases:
        if not isinstance(case, DeducedCase):
            given.append(case)
        elif case.inputs is not None:
            by_module.setdefault(case.module, []).append(case)
    body = "".join(
        f"    if module.__name__ {_is(module)}:\n" + "".join(map(_yielded, several))
        for module, several in by_module.items()
    )
    settings = _settings(given, folder, needs, bool(body))
    told = f"{SETTINGS} = {settings!r}\n" if settings else ""
    if body or not given:
        told = _imports(body) + IMPORTS + told + CASES + (body or "    return []\n")
    return black.format_str(HEAD + told, mode=black.Mode(line_length=LINE_LENGTH))


def _imports(body: str) -> str:
    """Of what is known, the imports of what is used."""
    tree = ast.parse(f"if True:\n{body or ' pass'}")
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return "".join(f"{statement}\n" for name, statement in KNOWN.items() if name in used)


def _settings(
    given: Sequence[DeclaredCase | RecordedCommand], folder: Path, needs: Needs, found: bool
) -> dict[str, Any]:
    """What `saved.py` reads again. Cases that were found had stand-ins, and no weights."""
    commands = [each for each in given if isinstance(each, RecordedCommand)]
    said: dict[str, Any] = {
        "stub_missing": needs.stub_missing or found,
        "pass_over_weights": found,
        "import_root": [_relative(root, folder) for root in needs.import_roots],
        "case": [_declared(each) for each in given if isinstance(each, DeclaredCase)],
        "run": [_run(each, folder, (needs.calls or {}).get(each, ())) for each in commands],
    }
    return {key: value for key, value in said.items() if value}


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _declared(case: DeclaredCase) -> dict[str, Any]:
    built, method = called(case.expression)
    name = "" if case.name == named(case.module, case.expression) else f"{case.name}="
    said = {"case": f"{name}{case.module}:{built}", "method": method, "input": list(case.inputs)}
    return {key: value for key, value in said.items() if value}


def _run(command: RecordedCommand, folder: Path, calls: Sequence[Call]) -> dict[str, Any]:
    where = _relative(command.folder, folder)
    return {"run": command.text, "folder": where, "calls": [astuple(call) for call in calls]}


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
    built, method = called(case.expression)
    calling = f"    method={method!r},\n" if method else ""
    code = f"""\
{comment}
yield Case(
    name={case.expression!r},
    build=lambda: {_of_module(built)},
    inputs=lambda: ({args}, {kwargs}),
{calling})
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
        self._known = {"torch", *KNOWN, *bound}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._known or hasattr(builtins, node.id):
            return node
        return ast.Attribute(ast.Name("module", ast.Load()), node.id, ast.Load())
