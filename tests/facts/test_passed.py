"""What calls pass to a function beyond its named parameters."""

from pathlib import Path

from torchscript_fix.facts.observed import Observed, ObservedFunction
from torchscript_fix.facts.passed import Passed, passed_beyond
from torchscript_fix.facts.static import Project

PATH = Path("example.py")
FUNCTION = """
def f(x, scale=1, *rest, only=2, **options):
    return x


"""


def passed_in(code: str, seen: ObservedFunction | None = None) -> Passed | None:
    project = Project.of_text(FUNCTION + code)
    if seen is not None:
        project.observed = Observed({(PATH, "f"): seen})
    return passed_beyond(project.files[PATH].functions["f"])


def test_calls_in_the_code() -> None:
    passed = passed_in("def g(x):\n    f(x, 2, 3, 0.5, only=1, name='a', size=x.size())\n")
    assert passed is not None
    assert passed.count == 2
    assert (passed.type_at(0), passed.type_at(1)) == ("int", "float")
    assert passed.names == ("name", "size")
    assert passed.type_of("name") == "str"
    assert passed.always("size")


def test_calls_that_differ() -> None:
    passed = passed_in("def g(x):\n    f(x)\n    f(x, 1, 2, name=3)\n")
    assert passed is not None
    assert passed.count is None
    assert not passed.always("name")


def test_a_call_that_passes_stars_on_tells_nothing() -> None:
    assert passed_in("def g(*a, **k):\n    f(*a)\n    f(1, **k)\n") is None


def test_nobody_calls() -> None:
    assert passed_in("") is None


def test_what_a_case_saw_gives_the_types_and_calls_in_the_code_what_no_case_reached() -> None:
    seen = ObservedFunction(
        positional=frozenset({("Tensor",)}), keywords=frozenset({(("mask", "Tensor"),)})
    )
    passed = passed_in("def g(x, h):\n    f(x, 2, h(x), mask=h(x))\n    f(x, 2, h(x))\n", seen)
    assert passed is not None
    assert passed.count == 1
    assert passed.type_at(0) == "Tensor"
    assert passed.type_of("mask") == "Tensor"
    assert not passed.always("mask")


def test_a_case_that_saw_no_stars_is_no_case_of_nothing_passed() -> None:
    assert passed_in("", ObservedFunction({"x": frozenset({"Tensor"})})) is None
