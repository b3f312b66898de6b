"""Tests in `__init__` that can be asked again later."""

import ast
from textwrap import dedent

import pytest

from torchscript_fix.facts.kept import kept_as, never_changes
from torchscript_fix.facts.static import ClassFacts, Project


def net(init: str = "pass", other: str = "") -> ClassFacts:
    text = dedent("""
        import torch.nn as nn
        class Net(nn.Module):
            def __init__(self, c, mode, d):
                super().__init__()
                self.flag = c
                self.mode = mode
                self.width = 3
        """)
    text += "".join(f"        {line}\n" for line in init.split("\n")) + f"{other}\n"
    (file,) = Project.of_text(text).files.values()
    return file.classes["Net"]


def kept(test: str, cls: ClassFacts) -> str | None:
    return kept_as(ast.parse(test, mode="eval").body, cls.methods["__init__"], cls)


@pytest.mark.parametrize(
    ("test", "later"),
    [
        ("c", "self.flag"),
        ("self.flag", "self.flag"),
        ("not c", "not self.flag"),
        ("mode == 'a' and c", "self.mode == 'a' and self.flag"),
        ("self.width > 2", "self.width > 2"),
        ("d", None),
        ("c.x", None),
        ("len(c) > 1", None),
        ("self.unknown", None),
    ],
)
def test_how_a_test_reads_later(test: str, later: str | None) -> None:
    assert kept(test, net()) == later


@pytest.mark.parametrize(
    ("init", "other"),
    [
        ("c = c or d", ""),
        ("self.flag = not c", ""),
        ("pass", "    def off(self):\n        self.flag = False"),
        ("pass", "def off(model):\n    model.flag = False"),
    ],
)
def test_a_value_that_changes_is_not_kept(init: str, other: str) -> None:
    assert kept("c", net(init, other)) is None


def test_what_is_set_once_never_changes() -> None:
    assert never_changes("width", net())
    assert not never_changes("width", net("self.width = 4"))
