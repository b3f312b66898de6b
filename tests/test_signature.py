"""Parameters as TorchScript takes them."""

from pathlib import Path

import pytest

from torchscript_fix.facts.static import FunctionFacts, Project
from torchscript_fix.kit.signature import NewParameter, SignatureError, signature_code


def function(header: str) -> FunctionFacts:
    project = Project.of_text(f"{header}:\n    pass\n")
    return project.files[Path("example.py")].functions["f"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("def f(x, /, y, *args, **kwargs)", "x, y"),
        ("def f(x, *, a: int=1, b='b')", "x, a: int = 1, b='b'"),
        ("def f(x, y=(1, 2), *, a=3)", "x, y=(1, 2), a=3"),
        ("def f(x, *, a=1, b)", "x, b, a=1"),
        ("def f(\n    x,\n    *,\n    a=1,\n)", "x, a=1"),
        ("def f(**kwargs)", ""),
    ],
)
def test_without_stars(header: str, code: str) -> None:
    assert signature_code(function(header)) == code


def test_new_parameters() -> None:
    new = NewParameter("a", "int"), NewParameter("b", "Optional[int]", "None")
    by_keyword = NewParameter("c"), NewParameter("d", None, "1")
    code = signature_code(function("def f(x, *args, e=2, **kwargs)"), new, by_keyword)
    assert code == "x, a: int, c, b: Optional[int] = None, e=2, d=1"


@pytest.mark.parametrize("header", ["def f(x=1, *, a, b=2)", "def f(\n    x,  # one\n    *, a=2)"])
def test_what_cannot_be_written(header: str) -> None:
    with pytest.raises(SignatureError):
        signature_code(function(header))


def test_what_must_be_passed_behind_a_default() -> None:
    with pytest.raises(SignatureError):
        signature_code(function("def f(x=1, *args)"), [NewParameter("a")])
