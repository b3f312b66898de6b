"""What the worker's tracer notes of code at work, read back as Observed."""

import json
import linecache
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from torchscript_fix.facts.observed import Observed, ObservedAttribute, ObservedFunction
from torchscript_fix.verify.observing import Observing
from torchscript_fix.verify.worker.attributes import attributes
from torchscript_fix.verify.worker.trace import CallTracer

PATH = Path("model.py")

HEAD = """\
import collections, dataclasses, enum, functools, time
from typing import NamedTuple
import numpy
import torch
import torch.nn as nn
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Observed]:
    """Run source, then each call of it (an expression), under the tracer; the last gives models
    whose attributes are looked at before and after."""

    def run(source: str, *calls: str, model: str = "None") -> Observed:
        path = tmp_path / "observed_model.py"
        text = HEAD + source
        path.write_text(text)
        linecache.checkcache()
        module = types.ModuleType("observed_model")
        module.__file__ = str(path)
        monkeypatch.setitem(sys.modules, "observed_model", module)
        exec(compile(text, str(path), "exec"), vars(module))
        files = frozenset([str(path)])
        tracer, classes = CallTracer(files), []
        names: dict[str, Any] = vars(module)
        names["model"] = built = eval(model, names)
        if built is not None:
            classes += attributes(built, files)
        with tracer:
            for call in calls:
                try:
                    eval(call, names)
                except ValueError:
                    names["raised"] = True
        if built is not None:
            classes += attributes(built, files)
        said = json.loads(json.dumps([tracer.functions(), classes]))
        return Observing(lambda _: PATH).of(*said)

    return run


Run = Callable[..., Observed]


def function(observed: Observed, name: str) -> ObservedFunction:
    found = observed.function(PATH, name)
    assert found is not None, list(observed.functions)
    return found


def attribute(observed: Observed, cls: str, name: str) -> ObservedAttribute:
    found = observed.attribute(PATH, cls, name)
    assert found is not None, dict(observed.attributes)
    return found


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ("1", {"int"}),
        ("True", {"bool"}),
        ("1j", {"complex"}),
        ("torch.rand(2)", {"Tensor"}),
        ("nn.Parameter(torch.rand(2))", {"Tensor"}),
        ("torch.rand(2, 3).size()", {"List[int]"}),
        ("torch.device('cpu')", {"torch.device"}),
        ("torch.float32", {"torch.dtype"}),
        ("[1, 2.0]", {"List[Union[float, int]]"}),
        ("[torch.rand(2), None]", {"List[Optional[Tensor]]"}),
        ("[torch.rand(2), torch.rand(3, 3)]", {"List[Tensor]"}),
        ("[[], [1]]", {"List[List[int]]"}),
        ("[[None], [torch.rand(2)]]", {"List[List[Optional[Tensor]]]"}),
        ("[(1, None), (2, torch.rand(2))]", {"List[Tuple[int, Optional[Tensor]]]"}),
        ("(1, (2.0, 'a'))", {"Tuple[int, Tuple[float, str]]"}),
        ("()", {"Tuple[()]"}),
        ("[]", set()),
        ("{}", set()),
        ("{'a': torch.rand(2)}", {"Dict[str, Tensor]"}),
        ("collections.OrderedDict(a=1)", {"Dict[str, int]"}),
        ("{1: [1.0]}", {"Dict[int, List[float]]"}),
        ("torch.rand(2, 2).max(0)", {"Tuple[Tensor, Tensor]"}),
        ("Pair(torch.rand(2), 1)", {"Pair"}),
        ("Old(torch.rand(2), 1)", {"Old"}),
        ("Colour.RED", {"Colour"}),
        ("Settings(3)", {"Settings"}),
        ("[Colour.RED]", {"List[Colour]"}),
        ("numpy.zeros(3)", {"?"}),
        ("([], 1)", {"?"}),
        ("{(1, 2): 3}", {"?"}),
        ("nn.Linear(1, 1)", {"?"}),
        ("functools.partial(print)", {"?"}),
    ],
)
def test_the_type_of_an_argument(run: Run, value: str, spelled: set[str]) -> None:
    source = """
class Pair(NamedTuple):
    x: torch.Tensor
    n: int
Old = collections.namedtuple("Old", "x n")
class Colour(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Settings:
    size: int
def f(value):
    return value
"""
    found = function(run(source, f"f({value})"), "f")
    assert found.arguments["value"] == spelled
    assert found.returns == spelled


def test_why_a_value_has_no_type(run: Run) -> None:
    source = "def f(value):\n    return 1\n"
    found = function(
        run(source, "f(numpy.zeros(3))", "f(nn.Linear(1, 1))", "f([numpy.float64(1)])"), "f"
    )
    assert found.arguments["value"] == {"?"}
    assert found.inexpressible["value"] == {
        "numpy.ndarray",
        "torch.nn.modules.linear.Linear, a module",
        "numpy.float64",
    }


def test_large_values_are_looked_at_in_part(run: Run) -> None:
    source = """
def f(value):
    return 1
def note(is_quick):
    return is_quick
def often(value):
    start = time.process_time()
    for i in range(50):
        f(value)
    return time.process_time() - start
deep = [[[[1] * 100] * 100] * 100] * 100
wide = (((("a",) * 30,) * 30,) * 30,)
"""
    observed = run(source, "note(often(deep) < 2.0)", "note(often(wide) < 2.0)")
    assert function(observed, "f").arguments["value"] == {"List[List[List[List[int]]]]", "?"}
    assert function(observed, "note").values == {"is_quick": {"True"}}


def test_all_calls_count(run: Run) -> None:
    source = "def f(value):\n    return value\n"
    found = function(run(source, "f(1)", "f(None)", "f(2.0)"), "f")
    assert found.arguments["value"] == {"int", "None", "float"}
    assert found.returns == {"int", "None", "float"}


def test_a_call_that_raises_returns_nothing(run: Run) -> None:
    source = "def f(value):\n    raise ValueError(value)\n"
    found = function(run(source, "f(1)"), "f")
    assert found.arguments["value"] == {"int"}
    assert found.returns == set()


def test_a_call_that_raises_inside_a_function_that_is_watched(run: Run) -> None:
    source = """
def f(value):
    value = str(value)
    raise ValueError(value)
"""
    assert function(run(source, "f(1)"), "f").returns == set()


def test_nothing_at_the_end_is_none(run: Run) -> None:
    found = function(run("def f(value):\n    value + 1\n", "f(1)"), "f")
    assert found.returns == {"None"}


@pytest.mark.parametrize(
    ("body", "rebound"),
    [
        ("    x = x.size()\n    return x", {"x": {"Tensor", "List[int]"}}),
        ("    y = None\n    y = x\n    return y", {"y": {"None", "Tensor"}}),
        ("    y = 1\n    y = 2\n    return y", {}),
        ("    for i in (1, 2.0):\n        pass\n    return x", {"i": {"int", "float"}}),
        (
            "    if x is None:\n        y = 1\n    else:\n        y = x\n    return y",
            {},
        ),
        (
            "    y = 0\n    for i in range(2):\n        y = y + x\n    return y",
            {"y": {"int", "Tensor"}},
        ),
        ("    y, z = 1, 2\n    z, y = x, 3\n    return z", {"z": {"int", "Tensor"}}),
        ("    y = []\n    y = [x]\n    return y", {}),
        ("    while type(x) is not int:\n        x = 1\n    return x", {"x": {"Tensor", "int"}}),
        ("    y = [x for x in (1, 2)]\n    return x", {}),
        (
            "    x = (\n        x.size(),\n        1,\n    )\n    return x",
            {"x": {"Tensor", "Tuple[List[int], int]"}},
        ),
        ("    x: float = 1.0\n    g = lambda: x\n    return x", {"x": {"Tensor", "float"}}),
    ],
)
def test_names_bound_to_another_type(run: Run, body: str, rebound: dict[str, set[str]]) -> None:
    found = function(run(f"def f(x):\n{body}\n", "f(torch.rand(2))"), "f")
    assert found.rebound == rebound


def test_another_type_in_another_call_is_no_rebinding(run: Run) -> None:
    found = function(run("def f(x):\n    y = x\n    y = x\n    return y\n", "f(1)", "f(2.0)"), "f")
    assert found.rebound == {}


def test_what_locals_are_at_the_end(run: Run) -> None:
    source = """
def f(x):
    sizes = []
    for each in x:
        sizes.append(each.shape[0])
    unused = {}
    return sizes
"""
    found = function(run(source, "f([torch.rand(2)])"), "f")
    assert found.locals["sizes"] == {"List[int]"}
    assert found.locals["unused"] == set()
    assert "x" not in found.locals


def test_what_stars_take(run: Run) -> None:
    source = "def f(x, *rest, **named):\n    return x\n"
    found = function(
        run(source, "f(1)", "f(1, 2.0, None)", "f(1, 2.0, [], b=1, a='a')", "f(1, 3.0, None)"), "f"
    )
    assert found.positional == {(), ("float", "None"), ("float", "?")}
    assert found.keywords == {(), (("b", "int"), ("a", "str"))}
    assert set(found.arguments) == {"x"}


def test_defaults_and_what_is_given(run: Run) -> None:
    source = """
class Net(nn.Module):
    def forward(self, x, scale=1.0, mask=None, *, mode="a", deep=False):
        return x
"""
    found = function(run(source, "Net()(1, mask=2)", "Net()(1, deep=True)"), "Net.forward")
    assert found.defaulted == {"scale", "mode"}
    assert found.values["scale"] == {"1.0"}
    assert found.values["mask"] == {"None", "2"}
    assert found.values["deep"] == {"False", "True"}
    assert "self" not in found.values


def test_defaults_of_what_is_decorated_or_bound_to_the_class(run: Run) -> None:
    source = """
def plain(f):
    @functools.wraps(f)
    def inner(*args):
        return f(*args)
    return inner
class Net(nn.Module):
    @staticmethod
    def one(x, y=None): return x
    @classmethod
    def two(cls, x, y=None): return x
    @plain
    def three(self, x, y=None): return x
"""
    observed = run(source, "Net.one(1)", "Net.two(1)", "Net().three(1)")
    for name in ("one", "two", "three"):
        assert function(observed, f"Net.{name}").defaulted == {"y"}, name
    assert function(observed, "plain.<locals>.inner").positional == {("?", "int")}


def test_many_values_are_none_at_all(run: Run) -> None:
    source = "def f(x):\n    return x\n"
    assert function(run(source, *(f"f({i})" for i in range(20))), "f").values == {}
    assert function(run(source, "f(1)", "f([])"), "f").values == {}
    assert function(run(source, "f(10 ** 5000)", "f('a' * 1000)"), "f").values == {}


def test_a_lambda_counts_and_a_generator_is_only_reached(run: Run) -> None:
    source = """
def numbers(x):
    x = str(x)
    yield x
def f(x):
    g = lambda y: y + 1.0
    return g(x), list(numbers(x)), [i for i in range(3)]
"""
    observed = run(source, "f(1)")
    assert function(observed, "f.<locals>.<lambda>").arguments["y"] == {"int"}
    assert function(observed, "f.<locals>.<lambda>").returns == {"float"}
    assert function(observed, "numbers").arguments["x"] == set()
    assert not any("comp>" in qualname for _, qualname in observed.functions)


def test_a_value_whose_class_plays_tricks_is_left_in_peace(run: Run) -> None:
    source = """
class Meta(type):
    __hash__ = None
    def __eq__(self, other): raise ValueError
class Odd(metaclass=Meta):
    def __getattr__(self, name): raise ValueError
    def __len__(self): raise ValueError
    def __iter__(self): raise ValueError
    __class__ = property(lambda self: 1 / 0)
class OddDict(dict):
    def items(self): raise ValueError
    def __iter__(self): raise ValueError
def f(x):
    return 1
"""
    found = function(run(source, "f(Odd())", "f(OddDict(a=1))", "f([Odd()])"), "f")
    assert found.arguments["x"] == {"?", "Dict[str, int]"}
    assert found.returns == {"int"}


def test_a_function_called_very_often_costs_little(run: Run) -> None:
    source = """
def f(x):
    x = x + 1
    return x
def often():
    start = time.process_time()
    for i in range(200_000):
        f(i)
    return time.process_time() - start
def note(is_quick):
    return is_quick
"""
    observed = run(source, "note(often() < 2.0)")
    assert function(observed, "f").returns == {"int"}
    assert function(observed, "note").values == {"is_quick": {"True"}}


MODEL = """
class Config:
    def __init__(self): self.depth, self.inner = 3, [Inner()]
class Inner:
    def __init__(self): self.rate = 0.5
class Base(nn.Module):
    factor = 2
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(2))
        self.register_buffer("mean", torch.rand(2))
        self.config = Config()
        self.sizes = [1, 2]
        self.anything = numpy.zeros(2)
        self.layer = None
        self.act = nn.ReLU()
    @property
    def twice(self): return 2
class Net(Base):
    def __init__(self, first):
        super().__init__()
        self.calls = 0
        if first:
            self.only = 1.5
            self.layer = nn.Linear(1, 1)
    def forward(self):
        self.calls += 1
        self.made = torch.rand(1)
"""


def test_attributes_of_modules_and_of_what_they_hold(run: Run) -> None:
    observed = run(MODEL, "model[0]()", model="nn.Sequential(Net(True), Net(False))")
    for cls in ("Net", "Base"):
        assert attribute(observed, cls, "weight").parameter
        assert attribute(observed, cls, "weight").types == {"Tensor"}
        assert attribute(observed, cls, "mean").buffer
        assert attribute(observed, cls, "sizes").values == {"[1, 2]"}
        assert attribute(observed, cls, "factor").values == {"2"}
        assert attribute(observed, cls, "anything").inexpressible == {"numpy.ndarray"}
        assert attribute(observed, cls, "calls").values == {"0", "1"}
        assert attribute(observed, cls, "only").missing
        assert attribute(observed, cls, "made").missing
        assert not attribute(observed, cls, "calls").missing
        assert attribute(observed, cls, "layer").modules == {"torch.nn.modules.linear.Linear"}
        assert attribute(observed, cls, "layer").types == {"None"}
        assert attribute(observed, cls, "act").modules == {"torch.nn.modules.activation.ReLU"}
        assert observed.attribute(PATH, cls, "twice") is None
        assert observed.attribute(PATH, cls, "training") is None
    assert attribute(observed, "Base", "config").types == {"?"}
    assert attribute(observed, "Config", "depth").types == {"int"}
    assert attribute(observed, "Inner", "rate").values == {"0.5"}


LINES = """
def f(x):
    if x > 1:
        return [
            i
            for i in range(x)
        ]
    elif x == 1:
        y = 0
    else:
        try:
            raise ValueError
        except ValueError:
            y = 2
    for i in range(x):
        y = i if x else None
        continue
    while x > 2:
        break
    with time_of(
        x
    ):
        pass
    return y
class time_of:
    def __init__(self, x): self.x = x
    def __enter__(self): return self
    def __exit__(self, *error): return None
"""


def ran(observed: Observed, name: str, source: str = LINES) -> set[str]:
    """The lines of a function that ran, as they stand there."""
    lines = function(observed, name).ran
    assert lines is not None
    return {(HEAD + source).splitlines()[line - 1].strip() for line in lines}


def test_the_lines_that_ran(run: Run) -> None:
    seen = ran(run(LINES, "f(1)"), "f")
    assert {"if x > 1:", "elif x == 1:", "y = 0", "y = i if x else None", "return y"} <= seen
    assert seen.isdisjoint(["return [", "try:", "raise ValueError", "y = 2", "break", "else:"])


def test_the_lines_that_ran_on_the_way_of_an_error_that_is_caught(run: Run) -> None:
    seen = ran(run(LINES, "f(0)"), "f")
    assert {"try:", "raise ValueError", "except ValueError:", "y = 2", "return y"} <= seen
    assert seen.isdisjoint(["return [", "y = 0", "y = i if x else None", "break"])


def test_a_comprehension_over_several_lines_ran_where_it_was_come_to(run: Run) -> None:
    seen = ran(run(LINES, "f(3)"), "f")
    assert {"if x > 1:", "return [", "i", "for i in range(x)"} <= seen
    assert seen.isdisjoint(["elif x == 1:", "y = 0", "return y"])


def test_the_lines_of_all_calls_and_of_all_cases(run: Run) -> None:
    seen = ran(run(LINES, "f(1)", "f(0)", "f(3)"), "f")
    assert {"return [", "y = 0", "y = 2"} <= seen
    assert "break" not in seen
    parts = [run(LINES, "f(1)"), run(LINES, "f(3)")]
    assert {"return [", "y = 0"} <= ran(Observed.merged(parts), "f")
    unknown = Observed({(PATH, "f"): ObservedFunction()})
    assert function(Observed.merged([*parts, unknown]), "f").ran is None


def test_the_lines_of_a_call_that_raised(run: Run) -> None:
    source = """
def f(x):
    if x:
        raise ValueError
    return 1
"""
    seen = ran(run(source, "f(1)"), "f", source)
    assert seen == {"if x:", "raise ValueError"}


def test_a_function_on_one_line_and_its_lambdas(run: Run) -> None:
    source = """
def f(x): return 1 if x else 2
def g(x):
    a = lambda: (
        1
    )
    b = lambda: (
        2
    )
    return a()
"""
    observed = run(source, "f(1)", "g(1)")
    assert ran(observed, "f", source) == {"def f(x): return 1 if x else 2"}
    assert "1" in ran(observed, "g", source)
    assert "2" not in ran(observed, "g", source)


def test_the_lines_of_a_generator_are_not_known(run: Run) -> None:
    source = """
def f(x):
    if x:
        yield 1
    yield 2
def g(x):
    return list(f(x))
"""
    observed = run(source, "g(0)")
    assert function(observed, "f").ran is None
    assert ran(observed, "g", source) == {"return list(f(x))"}


def test_the_lines_of_a_function_that_runs_on_and_on_are_not_known(run: Run) -> None:
    source = """
def f(x):
    for _ in range(x):
        x = x + 1
        x = x - 1
    if x < 0:
        return 0
    return 1
def g(x):
    for _ in range(x):
        x = x + 1
        x = x - 1
    return 1
"""
    observed = run(source, "f(60_000)", "g(1)", "g(60_000)")
    assert function(observed, "f").ran is None
    assert "x = x - 1" in ran(observed, "g", source)


def test_lines_count_in_calls_whose_values_do_not(run: Run) -> None:
    source = """
def f(x):
    if x == 5999:
        x = -x
    return x
def g(n):
    for i in range(n):
        f(i)
"""
    assert "x = -x" in ran(run(source, "g(6_000)"), "f", source)


def test_lines_are_not_known_where_the_code_itself_looks_at_calls(run: Run) -> None:
    source = """
import sys
def f(x):
    sys.settrace(None)
    if x:
        x = 2
    return x
"""
    assert function(run(source, "f(1)"), "f").ran is None


@pytest.mark.parametrize("said", [None, 3, [1, "2"], [True], [0], [-1], [10**30], [[1]]])
def test_words_that_are_no_lines(said: Any) -> None:
    words = {"path": "model.py", "qualname": "f", "ran": said}
    assert function(Observing(lambda _: PATH).of([words], []), "f").ran is None


def test_words_that_are_lines() -> None:
    words = {"path": "model.py", "qualname": "f", "ran": [3, 4]}
    assert function(Observing(lambda _: PATH).of([words], []), "f").ran == {3, 4}


def test_runs_put_together() -> None:
    one = ObservedFunction(
        {"x": frozenset(["int"])}, defaulted=frozenset("x"), values={"x": frozenset("1")}
    )
    other = ObservedFunction({"x": frozenset(["Tensor"])})
    nothing = ObservedFunction()
    place = (PATH, "f")
    both = Observed.merged([Observed({place: one}), Observed({place: other})])
    assert function(both, "f") == ObservedFunction({"x": frozenset(["int", "Tensor"])})
    again = Observed.merged([Observed({place: one}), Observed({place: nothing})])
    assert function(again, "f") == one


@pytest.mark.parametrize(
    "said",
    [
        None,
        {"path": 1},
        [None, 1, {"path": "a"}, {"path": 1, "qualname": "f"}],
    ],
)
def test_words_that_are_no_facts(said: Any) -> None:
    assert Observing(lambda _: PATH).of(said, said) == Observed()


def test_words_that_would_be_code() -> None:
    said = {
        "path": "model.py",
        "qualname": "f",
        "types": {"x": ["int]; import os", "Tensor", 3], "y; z": ["int"]},
        "returns": ["List[int]", "eval()"],
        "positional": [["int", "os.system('')"], 3],
        "keywords": [[["a", "int"], ["b", "1 + 1"], [1]], 7],
        "values": {"x": ["1", "__import__('os')"], "w": ["(1, 2)", "None"]},
        "defaulted": 5,
    }
    found = function(Observing(lambda _: PATH).of([said], []), "f")
    assert found.arguments == {"x": {"Tensor"}}
    assert found.returns == {"List[int]"}
    assert found.positional == {("int", "?")}
    assert found.keywords == {(("a", "int"), ("b", "?"))}
    assert found.values == {"w": {"(1, 2)", "None"}}
