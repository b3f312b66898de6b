"""The compiler's words become Diagnoses whose place is found again in the user's source.

Each snippet is compiled for real. « and » stand around the code that its Diagnosis is to have.
"""

import ast
import importlib.util
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from torchscript_fix.facts.diagnosed import Diagnosed, Diagnosis, Located
from torchscript_fix.facts.pointed import source_of
from torchscript_fix.facts.static import Project
from torchscript_fix.verify.diagnosing import Diagnosing, Text
from torchscript_fix.verify.worker.diagnose import describe, where

HEAD = """\
import functools
import math
from typing import List, Optional
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


PARTIAL = functools.partial(F.relu, inplace=True)


def kept(_):
    return lambda function: function


class Grown(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
        self.settings = {"a": 1, "b": "x"}
        self.plain = [nn.Linear(2, 2)]
        self.ufunc = np.sqrt


"""

METHODS = {
    "a starred parameter": "def forward(self, x, *«args»): return x",
    "a parameter for keywords": "def forward(self, x, **«kwargs»): return x",
    "the default of a keyword-only one": "def forward(self, x, *, k=«1»): return x + k",
    "a default without a type": "def forward(self, x, «y»=1.0): return x * y",
    "a default of another type": "def forward(self, x, «n: int» = None): return x",
    "an annotation": "def forward(self, x: «'Gone'»): return x",
    "a comprehension with if": "def forward(self, x): return [«[y for y in [x] if y is x]»]",
    "a generator of two": "def forward(self, x): return sum«(a for b in [[x]] for a in b)»",
    "an f-string": "y = «f'{x.size(0):d}'»\nreturn x",
    "a starred argument": "s = x.shape\nreturn x.view(«*s»)",
    "keywords expanded": "d = {'dim': 0}\nreturn x.sum(**«d»)",
    "a try": "«try:»\n    return x\nexcept OSError:\n    return x",
    "a global": "«global G»\nreturn x",
    "a lambda": "f = «lambda a: a + 1»\nreturn f(x)",
    "a function inside": ("«def f(a):»\n    # why\n    return a\nreturn f(x)"),
    "an attribute that is not there": "return «self.gone»(x) + 1",
    "a method that Tensor lacks": "return «x.gone»(\n    1,\n    2)",
    "the second of two alike": "return x.view(-1) + len(«x.gone»)",
    "a call that no schema takes": "return «torch.cat»(x, dim='a')",
    "a Module as a condition": "return x if «self.linear» else x",
    "super": "return «super().forward»(x)",
    "defined on one branch": ("«if x.size(0) > 1:»\n    y = 1\nreturn y"),
    "two types returned": ("if x.size(0) > 1:\n    return 1\n«return x»"),
    "a name that torch does not see": "return «gone»(x)",
    "range of a Tensor": "for i in «range(x)»:\n    pass\nreturn x",
    "a list indexed by a variable": ("for i in range(2):\n    x = «self.layers[i]»(x)\nreturn x"),
    "called over two lines": (
        "def forward(self, x):\n    return self.more(\n        x)\n"
        "def more(self, x):\n    return «x.gone»"
    ),
    "a generator": "«yield x»",
    "an index of another type": "return x.shape[0] + «x['a']»",
    "while with else": ("«while True:»\n    pass\nelse:\n    pass\nreturn x"),
    "a walrus": "if («n := x.size(0)») > 1:\n    return x\nreturn x",
    "an attribute annotated": "«self.foo: int = 3»\nreturn x",
    "bytes": "return «b'abc'»",
    "a dict expanded": "return «{**{'a': x}}»",
    "a message that is converted": ("assert x.dim() == 2, «f'{x!r}'»\nreturn x"),
    "a new attribute": "«self.fresh = x»\nreturn x",
    "letters of two bytes": "s = 'äöü'; y = «x.gone»('äöü')\nreturn x",
    "a continued line": "y = x + \\\n    «x.gone»\nreturn y",
    "an attribute of mixed types": "return «self.settings»['a'] * x",
    "a list of modules": "return «self.plain»[0](x)",
    "a module made on the way": "return «nn.Softmax»(dim=1)(x)",
    "an operator": "«x @= x»\nreturn x",
    "something deleted": "del «self.linear»\nreturn x",
    "a loop over nothing": ("a = None\n«for i in a:»\n    pass\nreturn x"),
    "a chain over lines": ("return («x\n    .view(-1)\n    .gone»(\n        1))"),
    "an operation over lines": "return x + («'a' *\n    [1]»)",
    "a comparison": "if «x.shape < 'a'»:\n    return x\nreturn x",
    "a tuple indexed": "y = (x, 1)\nreturn «y[x.size(0)]»",
    "a builtin": "with «open»('a') as f:\n    pass\nreturn x",
    "a function of numpy": "return «np.prod»(x.shape)",
    "a ufunc that is held": "return «self.ufunc»(x)",
    "a decorator before it": (
        "@kept(1)\n@kept(\n    None)\ndef forward(self, x):\n    return «x.gone»"
    ),
    "a property that fails": (
        "@property\ndef p(self):\n    «return gone»\ndef forward(self, x): return self.p"
    ),
    "a statement of its own": "«x.gone»(1)\nreturn x",
    "a docstring before it": '"""One\n  two\n"""\nreturn «x.gone»',
    "a partial that is called": "return «PARTIAL»(x)",
    "a method of a method": "return x.view(«x.gone»(1).gone(2))",
}


def class_text(methods: str) -> str:
    if not methods.startswith(("def ", "@")):
        methods = "def forward(self, x):\n" + textwrap.indent(methods, "    ")
    return "class Net(Base):\n" + textwrap.indent(methods, "    ") + "\n"


def unmarked(text: str) -> tuple[str, str]:
    """The source, and what stands between the marks."""
    code = text[text.index("«") + 1 : text.index("»")] if "«" in text else ""
    return text.replace("«", "").replace("»", ""), code


Diagnose = Callable[[str], Diagnosis]


@pytest.fixture
def diagnose(tmp_path: Path) -> Diagnose:
    """Compile (and run) the class Net of a text, and diagnose what it fails with."""

    def diagnosed(text: str) -> Diagnosis:
        path = tmp_path / "net.py"
        path.write_text(text)
        error, net = failure(path)
        files = frozenset([str(path)])
        said = {"at": "script", **describe(error, str(tmp_path)), **where(error, net, files)}
        texts = {str(path): Text(Path("given/net.py"), text, text)}
        return Diagnosing(texts).of(said, "case")

    return diagnosed


def failure(path: Path) -> tuple[Exception, torch.nn.Module]:
    """What scripting or running Net raises."""
    net = imported(path).Net()
    try:
        torch.jit.script(net)(torch.rand(2, 2))
    except Exception as error:
        return error, net
    raise AssertionError("it compiles and runs")


_count = iter(range(10**6))


def imported(path: Path) -> ModuleType:
    """A file as a module of a new name: the compiler keeps what it made of the last one."""
    name = f"_diagnosing_{next(_count)}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def located(diagnosis: Diagnosis, text: str) -> Located:
    project = Project(diagnosed=Diagnosed((diagnosis,)))
    assert diagnosis.path is not None
    file = project.add(diagnosis.path, "net", text)
    return next(iter(file.diagnosed()))


@pytest.mark.parametrize("situation", METHODS)
def test_what_is_underlined_is_found_again(situation: str, diagnose: Diagnose) -> None:
    marked = HEAD + class_text(METHODS[situation])
    text, code = unmarked(marked)
    diagnosis = diagnose(text)
    assert diagnosis.code == code
    assert diagnosis.line == marked[: marked.index("«")].count("\n") + 1
    found = located(diagnosis, text)
    assert found.function is not None and found.function.qualname.startswith("Net.")
    assert found.owner is not None and found.owner.qualname == "Net"
    assert isinstance(found.node, ast.expr | ast.stmt | ast.arg)
    file = found.function.file
    assert source_of(file, found.node) == code
    before = marked[: marked.index("«")]
    assert found.node.col_offset == len(before[before.rindex("\n") + 1 :].encode())


@pytest.mark.parametrize("situation", METHODS)
def test_it_is_found_in_a_class_inside_another_that_is_indented_by_tabs(
    situation: str, diagnose: Diagnose
) -> None:
    class_ = textwrap.indent(class_text(METHODS[situation]), "    ").replace("    ", "\t")
    marked = f"{HEAD}class Außen:\n{class_}\n\nNet = Außen.Net\n"
    text, code = unmarked(marked)
    diagnosis = diagnose(text)
    assert diagnosis.code == code
    assert diagnosis.model == "Außen.Net"
    assert diagnosis.function.startswith("Außen.Net.")
    found = located(diagnosis, text)
    assert isinstance(found.node, ast.expr | ast.stmt | ast.arg)
    before = marked[: marked.index("«")]
    assert found.node.lineno == before.count("\n") + 1
    assert found.node.col_offset == len(before[before.rindex("\n") + 1 :].encode())


def test_the_message_has_neither_extracts_nor_addresses(diagnose: Diagnose) -> None:
    text = HEAD + class_text("return x if self.linear else x")
    said = "Could not cast value of type __torch__.torch.nn.modules.linear.Linear to bool"
    assert diagnose(text).message == said


def test_a_message_of_several_lines_keeps_them(diagnose: Diagnose) -> None:
    lines = diagnose(HEAD + class_text("return torch.cat(x, dim=0)")).message.split("\n")
    assert lines[0] == "Arguments for call are not valid."
    assert lines[-1].startswith("  Inferred the value for argument 'tensors'")


def test_the_callers_are_told_innermost_first(diagnose: Diagnose) -> None:
    text = HEAD + class_text(
        "def forward(self, x):\n    return self.first(x)\n"
        "def first(self, x):\n    return self.second(x)\n"
        "def second(self, x):\n    return x.gone"
    )
    diagnosis = diagnose(text)
    assert diagnosis.function == "Net.second"
    assert [caller.function for caller in diagnosis.chain] == ["Net.first", "Net.forward"]
    lines = text.split("\n")
    assert "self.second(x)" in lines[diagnosis.chain[0].line - 1]


def test_an_inherited_method_is_told_with_the_class_that_inherits(diagnose: Diagnose) -> None:
    text = HEAD + (
        "class Parent(Base):\n    def forward(self, x):\n        return self.gone(x)\n\n\n"
        "class Net(Parent):\n    pass\n"
    )
    diagnosis = diagnose(text)
    assert (diagnosis.function, diagnosis.model) == ("Parent.forward", "Net")


def test_a_part_that_fails_is_the_model(diagnose: Diagnose) -> None:
    text = HEAD + (
        "class Part(Base):\n    def forward(self, x):\n        return self.gone(x)\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.part = nn.Sequential(Part())\n\n"
        "    def forward(self, x):\n        return self.part(x)\n"
    )
    assert diagnose(text).model == "Part"


def test_code_of_torch_is_outside_and_the_place_is_what_leads_there(diagnose: Diagnose) -> None:
    text = HEAD + class_text("return torch.nn.functional.boolean_dispatch(x)")
    diagnosis = diagnose(text)
    assert diagnosis.outside.startswith(f"torch {torch.__version__}, torch/_jit_internal.py:")
    assert diagnosis.function == "Net.forward"
    assert diagnosis.code == "torch.nn.functional.boolean_dispatch"
    assert not diagnosis.chain


def test_code_of_the_standard_library_is_pythons(diagnose: Diagnose) -> None:
    text = HEAD + class_text("return textwrap.indent(x, x)").replace(
        "class Net", "import textwrap\n\n\nclass Net"
    )
    diagnosis = diagnose(text)
    version = sys.version.split()[0]
    assert diagnosis.outside.startswith(f"Python {version}, textwrap.py:")
    assert (diagnosis.function, diagnosis.code) == ("Net.forward", "textwrap.indent")


def test_an_error_that_shows_no_place_is_that_of_its_class(diagnose: Diagnose) -> None:
    text = HEAD + (
        "class Net(Base):\n    __constants__ = ['settings']\n\n"
        "    def forward(self, x):\n        return x\n"
    )
    diagnosis = diagnose(text)
    assert "is not a valid constant" in diagnosis.message
    assert (diagnosis.function, diagnosis.code) == ("Net", "")
    assert text.split("\n")[diagnosis.line - 1] == "class Net(Base):"
    found = located(diagnosis, text)
    assert found.owner is not None and found.owner.qualname == "Net"
    assert found.node is None


def test_what_the_interpreter_says_stands_where_it_was(diagnose: Diagnose) -> None:
    text = HEAD + class_text(
        "def forward(self, x):\n    return self.more(x)\n"
        "def more(self, x):\n    return x.view(7, 7)"
    )
    diagnosis = diagnose(text)
    assert diagnosis.stage == "run"
    assert diagnosis.message == "RuntimeError: shape '[7, 7]' is invalid for input of size 4"
    assert (diagnosis.function, diagnosis.code) == ("Net.more", "x.view")
    assert [caller.function for caller in diagnosis.chain] == ["Net.forward"]


def test_an_exception_of_the_users_own_as_it_runs(diagnose: Diagnose) -> None:
    text = HEAD + class_text("if x.dim() == 2:\n    raise ValueError('no\\nmore')\nreturn x")
    diagnosis = diagnose(text)
    assert diagnosis.stage == "run"
    assert diagnosis.message.endswith("no\nmore")
    assert diagnosis.function == "Net.forward"


def test_an_argument_of_another_type_is_the_place(diagnose: Diagnose) -> None:
    said = {
        "at": "run",
        "message": "forward() Expected a value of type 'Tensor (inferred)' for argument 'y' but "
        "instead found type 'int'.\nPosition: 2\nValue: 3\nDeclaration: forward(Net self)",
        "model": "Net",
        "model_file": "/seen/net.py",
    }
    text = HEAD + class_text("def forward(self, x, y=1): return x * y")
    diagnosis = Diagnosing({"/seen/net.py": Text(Path("net.py"), text, text)}).of(said, "case")
    assert (diagnosis.function, diagnosis.code) == ("Net.forward", "y")
    assert "Value: 3" not in diagnosis.message


def test_an_argument_that_cannot_be_saved_is_the_place() -> None:
    said = {
        "at": "save",
        "message": "strides() called on an undefined Tensor",
        "model": "Net",
        "model_file": "/seen/net.py",
    }
    text = HEAD + class_text("def forward(self, x, n: Optional[int] = None, y=None): return x")
    diagnosis = Diagnosing({"/seen/net.py": Text(Path("net.py"), text, text)}).of(said, "case")
    assert (diagnosis.stage, diagnosis.function, diagnosis.code) == ("save", "Net.forward", "y")


def test_a_line_of_a_rewrite_is_that_of_the_original(tmp_path: Path) -> None:
    before = HEAD + class_text("return x.gone")
    now = before.replace("import math\n", "import math\nimport os\nimport re\n")
    line = now.split("\n").index("        return x.gone") + 1
    said = {
        "at": "script",
        "message": f'no gone:\n  File "/seen/net.py", line {line}\n    def forward(self, x):\n'
        "        return x.gone\n               ~~~~~~ <--- HERE\n",
    }
    diagnosis = Diagnosing({"/seen/net.py": Text(Path("net.py"), now, before)}).of(said, "case")
    assert before.split("\n")[diagnosis.line - 1] == "        return x.gone"
    assert diagnosis.code == "x.gone"


def test_two_that_differ_only_by_addresses_are_the_same() -> None:
    words = "Could not cast value of type __torch__.Net (of Python compilation unit at: {}) to bool"
    made = {
        Diagnosing({}).of({"at": "script", "message": words.format(address)}, case)
        for address, case in (("0x55772eb520c0", "one"), ("0x5577", "two"))
    }
    assert len(made) == 1


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"message": None},
        {"message": "x", "model": ["a"], "shown": 3, "packages": [], "within": {"a": 1}},
        {"message": 'x:\n  File "/seen/net.py", line 99999999\n    ~~~~ <--- HERE\n'},
        {"message": 'x:\n  File "/seen/net.py", line 0\n~~~~ <--- HERE'},
        {"message": "x", "within": [["/seen/net.py", -5], ["/seen/net.py"], [1, 2]]},
    ],
)
def test_a_worker_that_lies_is_still_read(said: dict[str, object]) -> None:
    text = HEAD + class_text("return x")
    diagnosis = Diagnosing({"/seen/net.py": Text(Path("net.py"), text, text)}).of(said, "case")
    assert isinstance(diagnosis.message, str)


def test_a_file_with_the_line_ends_of_windows(diagnose: Diagnose) -> None:
    text, code = unmarked(HEAD + class_text("return «x.gone»"))
    diagnosis = diagnose(text.replace("\n", "\r\n"))
    assert diagnosis.code == code


def test_a_class_indented_by_tabs(diagnose: Diagnose) -> None:
    text, code = unmarked(HEAD + class_text("y = x\nreturn «x.gone»(\n    y)"))
    tabbed = text.replace("    ", "\t")
    diagnosis = diagnose(tabbed)
    assert diagnosis.code == code
    assert located(diagnosis, tabbed).node is not None
