"""Flags that the compiler can decide a branch by."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from torchscript_fix.facts.flags import flags_of, is_decided, is_final, is_settled
from torchscript_fix.facts.observed import Observed, ObservedAttribute
from torchscript_fix.facts.static import FunctionFacts, Project

BLOCK = """
    import torch.nn as nn
    from typing import Final

    class Block(nn.Module):
        fixed: Final[bool]
        __constants__ = ["listed"]

        def __init__(self, size, last=False, mode="a"):
            super().__init__()
            self.last = last
            self.size = size
            self.same = size == 3
            self.switched = True
            self.fixed = True

        def switch(self):
            self.switched = False

        def forward(self, x):
            return x
    """


def forward(observed: Observed | None = None) -> FunctionFacts:
    project = Project.of_text(dedent(BLOCK), "block", Path("block.py"))
    project.observed = observed or Observed()
    return project.files[Path("block.py")].functions["Block.forward"]


@pytest.mark.parametrize(
    ("test", "flags"),
    [
        ("self.last", {"last"}),
        ("not self.last and (self.same or self.fixed)", {"last", "same", "fixed"}),
        ("self.last and x", None),
        ("self.size == 3", None),
    ],
)
def test_what_a_test_is_made_of(test: str, flags: set[str] | None) -> None:
    found = flags_of(ast.parse(test, mode="eval").body)
    assert found == (None if flags is None else frozenset(flags))


@pytest.mark.parametrize(
    ("name", "settled"),
    [("last", True), ("same", True), ("switched", False), ("size", False), ("absent", False)],
)
def test_what_is_a_bool_that_never_changes(name: str, settled: bool) -> None:
    assert is_settled(name, forward()) is settled


def test_observed_type_beats_the_default() -> None:
    attributes = {"last": ObservedAttribute(frozenset({"int"}))}
    observed = Observed(attributes={(Path("block.py"), "Block"): attributes})
    assert not is_settled("last", forward(observed))


def test_what_a_class_declares_constant() -> None:
    owner = forward().owner
    assert owner is not None
    assert [is_final(name, owner) for name in ("fixed", "listed", "last")] == [True, True, False]


def test_test_of_a_flag_that_changes_is_not_decided() -> None:
    function = forward()
    tests = {"self.last": True, "not self.fixed": True, "self.last and self.switched": False}
    for test, decided in tests.items():
        assert is_decided(ast.parse(test, mode="eval").body, function) is decided
