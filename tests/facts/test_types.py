"""Static types of expressions and parameters."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from torchscript_fix.facts import expressions
from torchscript_fix.facts.observed import Observed
from torchscript_fix.facts.static import FunctionFacts, Project
from torchscript_fix.facts.types import ParameterType, _Inference, parameter_type, type_of

HEAD = """\
import math
from typing import *
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x), x.size(0)

"""


def function(code: str, name: str, seen: dict[str, str] | None = None) -> FunctionFacts:
    """A function of a file; `seen` are types that a case observed, separated by "; "."""
    path = Path("example.py")
    observed = {
        (path, name, parameter): frozenset(types.split("; "))
        for parameter, types in (seen or {}).items()
    }
    project = Project.of_text(HEAD + dedent(code), "example", path)
    project.observed = Observed.of_arguments(observed)
    return project.files[path].functions[name]


def in_forward(*lines: str) -> FunctionFacts:
    """The forward of a module with layers, with these lines in it; the last line is a return."""
    body = "\n".join(f"        {line}" for line in lines)
    return function(
        f"""
class Net(nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 1)
        self.stack = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        self.lstm = nn.LSTM(2, 2)
        self.inner = Inner()
        self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
        self.weight = nn.Parameter(torch.zeros(2))
        self.register_buffer("scale", torch.ones(1))
        self.size = size
        self.names = ["a", "b"]

    def helper(self, x):
        if x.dim() > 2:
            return x.view(-1)
        return x + 1

    def forward(self, x: Tensor, unknown, flag: bool = True, sizes: Optional[List[int]] = None):
{body}
""",
        "Net.forward",
    )


def type_in_forward(expression: str, *before: str) -> str | None:
    found = in_forward(*before, f"return {expression}")
    returned = found.returns[-1]
    assert returned is not None
    return type_of(returned, found)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("1", "int"),
        ("-1.5", "float"),
        ("'a'", "str"),
        ("f'{flag}'", "str"),
        ("None", "None"),
        ("not flag", "bool"),
        ("x", "Tensor"),
        ("x.size()", "List[int]"),
        ("x.shape", "List[int]"),
        ("x.size()[2:]", "List[int]"),
        ("x.shape[-1]", "int"),
        ("x.size(0)", "int"),
        ("unknown.size(0)", "int"),
        ("x.size(0) // 2", "int"),
        ("x.size(0) / 2", "float"),
        ("len(unknown)", "int"),
        ("int(unknown)", "int"),
        ("math.sqrt(2)", "float"),
        ("x + 1", "Tensor"),
        ("1 - x", "Tensor"),
        ("x > 0", "Tensor"),
        ("x is None", "bool"),
        ("x[0]", "Tensor"),
        ("x[:, None]", "Tensor"),
        ("unknown[..., 0]", "Tensor"),
        ("x.view(-1).unsqueeze(0)", "Tensor"),
        ("x.masked_fill_(x > 0, 1.0)", "Tensor"),
        ("x.item()", None),
        ("x.max()", "Tensor"),
        ("x.max(1)", "Tuple[Tensor, Tensor]"),
        ("torch.max(x, x)", "Tensor"),
        ("x.chunk(2)", "List[Tensor]"),
        ("torch.cat([x, unknown])", "Tensor"),
        ("torch.split(x, 2)[0]", "Tensor"),
        ("F.relu(unknown)", "Tensor"),
        ("F.max_pool2d(x, 2)", "Tensor"),
        ("F.interpolate(x, x.size()[2:])", "Tensor"),
        ("self.conv(unknown)", "Tensor"),
        ("self.stack(x)", "Tensor"),
        ("self.lstm(x)", "Tuple[Tensor, Tuple[Tensor, Tensor]]"),
        ("self.lstm(x)[1]", "Tuple[Tensor, Tensor]"),
        ("self.inner(x)", "Tuple[Tensor, int]"),
        ("self.layers[0](x)", "Tensor"),
        ("self.helper(x)", "Tensor"),
        ("self.weight", "Tensor"),
        ("self.scale", "Tensor"),
        ("self.size", "int"),
        ("self.names", "List[str]"),
        ("self.training", "bool"),
        ("self.missing", None),
        ("[x, x]", "List[Tensor]"),
        ("[1, x]", None),
        ("[]", None),
        ("(x, 1)", "Tuple[Tensor, int]"),
        ("{'a': x}", "Dict[str, Tensor]"),
        ("[y * 2 for y in [x, x]]", "List[Tensor]"),
        ("x if flag else None", "Optional[Tensor]"),
        ("x if flag else 1", None),
        ("sizes", "Optional[List[int]]"),
        ("unknown", None),
        ("unknown.value", None),
        ("lambda: x", None),
    ],
)
def test_type_of_an_expression(expression: str, kind: str | None) -> None:
    assert type_in_forward(expression) == kind


@pytest.mark.parametrize(
    ("lines", "expression", "kind"),
    [
        (["b, c = x.size()[:2]"], "c", "int"),
        (["out, (h, c) = self.lstm(x)"], "h", "Tensor"),
        (["out, _ = self.inner(x)"], "_", "int"),
        (["for i, y in enumerate([x]):", "    pass"], "(i, y)", "Tuple[int, Tensor]"),
        (["for i, (a, b) in enumerate(zip([x], [1])):", "    pass"], "b", "int"),
        (["for i in range(3):", "    pass"], "i", "int"),
        (["ys = []", "for y in [x]:", "    ys.append(y)"], "ys", "List[Tensor]"),
        (["ys = []", "ys += [x]"], "ys[0]", "Tensor"),
        (["ys = []"], "ys", None),
        (["y = x", "y = self.conv(y)", "y = y + 1"], "y", "Tensor"),
        (["y = None", "if flag:", "    y = x"], "y", "Optional[Tensor]"),
        (["y = 1", "if flag:", "    y = x"], "y", None),
        (["n = 0", "n += 1"], "n", "int"),
    ],
)
def test_type_of_a_local_name(lines: list[str], expression: str, kind: str | None) -> None:
    assert type_in_forward(expression, *lines) == kind


def test_pooling_that_returns_indices_is_no_tensor() -> None:
    assert type_in_forward("F.max_pool2d(x, 2, return_indices=True)") is None


def test_function_that_calls_itself_ends() -> None:
    found = function("def f(x, n):\n    return f(x, n - 1) if n else x.view(-1)\n", "f")
    returned = found.returns[0]
    assert returned is not None
    assert type_of(returned, found) == "Tensor"


def test_function_under_a_decorator_gives_back_what_nobody_knows() -> None:
    code = """
    @weighted
    def f(x):
        return x.view(-1)

    def g(x):
        return f(x)
    """
    found = function(code, "g")
    returned = found.returns[0]
    assert returned is not None
    assert type_of(returned, found) is None


def parameter(code: str, name: str, seen: dict[str, str] | None = None) -> ParameterType:
    """`function:parameter` of some code."""
    where, _, what = name.partition(":")
    return parameter_type(function(code, where, seen), what)


def of_use(*lines: str) -> str | None:
    body = "\n".join(f"    {line}" for line in lines)
    return parameter(f"def f(x: Tensor, p=None, q=None):\n{body}\n", "f:p").type


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["return p.size(0)"], "Tensor"),
        (["return p.unsqueeze(1)"], "Tensor"),
        (["return x.masked_fill(p == 0, 1.0)"], "Tensor"),
        (["return x.masked_fill(~p, 1.0)"], "Tensor"),
        (["return p[:, None] * 2"], "Tensor"),
        (["return torch.cat([x, p], 1)"], "Tensor"),
        (["return torch.stack(p)"], "List[Tensor]"),
        (["return x @ p"], "Tensor"),
        (["return x + p"], "Tensor"),
        (["return torch.add(x, p)"], "Tensor"),
        (["return x / p"], None),
        (["return x * p"], None),
        (["return F.interpolate(x, p[2:])"], "List[int]"),
        (["return F.interpolate(x, p)"], None),
        (["return F.interpolate(x, scale_factor=2.0, mode=p)"], "str"),
        (["return F.dropout(x, p)"], "float"),
        (["return x.view(p, -1)"], "int"),
        (["return x.view(p)"], None),
        (["return x[:, :p]"], "int"),
        (["for i in range(p):", "    x = x + i", "return x"], "int"),
        (["if p == 'mean':", "    x = x.mean()", "return x"], "str"),
        (["if p in ('a', 'b'):", "    x = x.mean()", "return x"], "str"),
        (["if 'a' in p:", "    x = x.mean()", "return x"], None),
        (["return p['key'] + x"], "Dict[str, Tensor]"),
        (["if p is None:", "    p = torch.ones(2)", "return p"], "Tensor"),
        (["if p is None:", "    p = x.size(0)", "return p"], "int"),
        (["y = p if p is not None else x", "return y"], "Tensor"),
        (["if p is None:", "    p = [None] * 3", "return p"], None),
        (["if isinstance(p, list):", "    p = torch.cat(p)", "return p.view(-1)"], None),
        (["p = x", "return p.view(-1)"], None),
        (["return p.view(p, 1)"], None),
        (["return p"], None),
    ],
)
def test_type_of_a_parameter_from_its_use(lines: list[str], kind: str | None) -> None:
    assert of_use(*lines) == kind


CALLED = """
def f(x, p=None):
    return x

def g(x: Tensor, q=None):
    return {}
"""


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("f(x, x.size())", "List[int]"),
        ("f(x, p=3)", "int"),
        ("f(x, (4, 4))", "Tuple[int, int]"),
        ("f(x, (4, 4)), f(x, x.shape)", "List[int]"),
        ("f(x, [x, x])", "List[Tensor]"),
        ("f(x, {'k': x})", "Dict[str, Tensor]"),
        ("f(x, None)", None),
        ("f(x)", None),
        ("f(*x)", None),
        ("f(x, 1), f(x, x)", None),
        ("f(x, 1), f(x, 1.0)", None),
        ("f(x, q), q.view(-1)", "Tensor"),
    ],
)
def test_type_of_a_parameter_from_calls(call: str, kind: str | None) -> None:
    assert parameter(CALLED.format(call), "f:p").type == kind


def test_type_of_a_parameter_from_the_function_that_it_is_passed_on_to() -> None:
    assert parameter(CALLED.format("f(x, q)"), "g:q").type is None
    code = CALLED.replace("return x", "return x.masked_fill(p, 0.0)").format("f(x, q)")
    assert parameter(code, "g:q").type == "Tensor"


def test_observed_type_beats_annotation_and_use() -> None:
    code = "def f(x, p: int = None):\n    return x.view(p, -1)\n"
    assert parameter(code, "f:p").type == "int"
    assert parameter(code, "f:p", {"p": "Tensor; None"}).type == "Tensor"


def test_several_observed_types_decide_nothing() -> None:
    found = parameter("def f(p=None):\n    return p.view(-1)\n", "f:p", {"p": "Tensor; int"})
    assert found.type is None
    assert found.because == "cases passed Tensor and int"


def test_left_out_by_a_case_it_stays_a_tensor_to_the_compiler() -> None:
    code = "def f(x, p=None):\n    return x\n"
    assert parameter(code, "f:p").type is None
    assert parameter(code, "f:p", {"p": "None"}).type == "Tensor"
    contradicting = "def f(x, p=None):\n    return x.view(p, 1), p.view(1)\n"
    assert parameter(contradicting, "f:p", {"p": "None"}).type is None


@pytest.mark.parametrize("use", ["p(x)", "torch.zeros_like(x, device=p)", "x.to(dtype=p)"])
def test_left_out_by_a_case_it_is_no_tensor_where_none_can_stand(use: str) -> None:
    found = parameter(f"def f(x, p=None):\n    return {use}\n", "f:p", {"p": "None"})
    assert found.type is None
    assert found.because.startswith("it is no Tensor at `")


def test_annotation_beats_use() -> None:
    code = "def f(x: Tensor, p: 'Optional[float]' = None):\n    return x + p\n"
    assert parameter(code, "f:p").type == "float"


def test_arithmetic_contradicts_what_callers_pass() -> None:
    code = """
    def f(x: Tensor, p=None):
        return x + p

    def g(x: Tensor):
        return f(x, (x, x))
    """
    found = parameter(code, "f:p")
    assert found.type is None
    assert "g passes (x, x) says Tuple[Tensor, Tensor]" in found.because


def test_observed_tuples_and_lists_of_one_kind_are_lists() -> None:
    code = "def f(p=None):\n    return p\n"
    assert parameter(code, "f:p", {"p": "Tuple[int, int]; List[int]; None"}).type == "List[int]"
    assert parameter(code, "f:p", {"p": "Tuple[int, int]"}).type == "Tuple[int, int]"


def test_arithmetic_with_a_parameter_that_the_compiler_takes_for_a_tensor() -> None:
    code = """
    class Loss(nn.Module):
        def forward(self, output, p=None):
            return output + p

        def never_scripted(self, output, p=None):
            return output + p
    """
    assert parameter(code, "Loss.forward:p").type == "Tensor"
    assert parameter(code, "Loss.never_scripted:p").type is None


CIRCLE = """
def a(x, m=None):
    x = b(torch.relu(x), m)
    return x

def b(x, m=None):
    return c(x, m) if m is None else c(x.relu(), m)

def c(x, m=None):
    return a(x, m) + d(x, m)

def d(y, m=None):
    return y.masked_fill(m == 0, 0.0)
"""


@pytest.mark.parametrize("first", [f"{name}:{p}" for name in "abc" for p in "xm"] + ["d:m"])
def test_in_a_circle_of_calls_it_is_the_same_whichever_is_asked_first(first: str) -> None:
    name, _, argument = first.partition(":")
    asked = function(CIRCLE, name)
    assert parameter_type(asked, argument).type == "Tensor"
    others = asked.file.functions
    assert {parameter_type(others[each], "m").type for each in "abcd"} == {"Tensor"}
    assert {parameter_type(others[each], "x").type for each in "abc"} == {"Tensor"}


def test_a_circle_is_gone_round_a_few_times_not_once_for_each_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, size = 0, 60
    weigh = _Inference._weigh

    def counted(self: _Inference, of: FunctionFacts, name: str) -> ParameterType:
        nonlocal count
        count += 1
        return weigh(self, of, name)

    monkeypatch.setattr(_Inference, "_weigh", counted)
    circle = "\n".join(
        f"def f{i}(x, y):\n    return f{(i + 1) % size}(y, x) + f{(i * 7) % size}(x, x)"
        for i in range(size)
    )
    functions = function(circle, "f0").file.functions
    for i in range(size):
        assert parameter_type(functions[f"f{i}"], "x").type is None
        assert parameter_type(functions[f"f{i}"], "y").type is None
    assert count <= 2 * size * 4


def test_what_hangs_on_many_others_is_known_like_what_hangs_on_few() -> None:
    chain = "\n".join(f"def f{i}(x):\n    return f{i + 1}(x)" for i in range(100))
    code = f"{chain}\ndef f100(x):\n    return x.unsqueeze(0)\n"
    assert parameter_type(function(code, "f0"), "x").type == "Tensor"


@pytest.mark.parametrize("rounds", [11, 12])
def test_what_comes_out_otherwise_in_each_round_is_not_known(
    rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of numbers, then of such lists, which contradicts it, then of numbers again."""
    monkeypatch.setattr(expressions, "MOST_ROUNDS", rounds)
    asked = function("def f(n):\n    y = [1]\n    y = [y]\n    return y\n", "f")
    value = asked.returns[0]
    assert value is not None
    assert type_of(value, asked) is None


def test_a_type_that_grows_with_each_round_does_not_grow_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[object] = []
    answered = expressions.Expressions._answered

    def noted(self: expressions.Expressions, *about: Any) -> Any:
        made.append(answered(self, *about))
        return made[-1]

    monkeypatch.setattr(expressions.Expressions, "_answered", noted)
    asked = function("def f(n):\n    y = (y, y, y)\n    return y\n", "f")
    value = asked.returns[0]
    assert value is not None
    assert type_of(value, asked) is None
    assert max(len(str(found)) for found in made) in range(100, 1000)


@pytest.mark.parametrize("use", ["m.unsqueeze(0)", "m * 2.0", "m[0]"])
def test_what_is_used_is_not_none_there(use: str) -> None:
    code = f"def f(x: Tensor, m: Optional[Tensor] = None):\n    y = {use}\n    return y\n"
    asked = function(code, "f")
    value = asked.returns[0]
    assert value is not None
    assert type_of(value, asked) == "Tensor"


def test_a_circle_in_which_something_raises_costs_other_questions_nothing() -> None:
    asked = function("def f(x):\n    return x\n", "f")
    inference = _Inference()

    def outer() -> str:
        inference.once((asked, "inner"), lambda: inference.once((asked, "outer"), outer, "?"), "?")
        raise RecursionError

    for _ in range(2):
        with pytest.raises(RecursionError):
            inference.once((asked, "outer"), outer, "?")
        assert inference.once((asked, "other"), lambda: "int", "?") == "int"
        assert inference.once((asked, "another"), lambda: "str", "?") == "str"
