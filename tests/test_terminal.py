"""What a terminal would obey is shown, not sent."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from torchscript_fix.terminal import printable, visible, visible_json, visible_within

OBEYED = {
    "an escape": ("\x1b[31m", r"\x1b[31m"),
    "an operating system command": ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
    "C1": ("\x9b31m\x85", r"\x9b31m\x85"),
    "a bell, a backspace, a carriage return": ("\a\b\r", r"\x07\x08\x0d"),
    "delete": ("\x7f", r"\x7f"),
    "from right to left": ("\u202e\u2066\u200f\u061c", r"\u202e\u2066\u200f\u061c"),
    "half of a pair": ("\udcff", r"\udcff"),
}


@pytest.mark.parametrize("show", [printable, visible])
@pytest.mark.parametrize(("text", "shown"), OBEYED.values(), ids=OBEYED)
def test_what_is_obeyed(show: Callable[[str], str], text: str, shown: str) -> None:
    assert show(f"a{text}é – ネット") == f"a{shown}é – ネット"


def test_lines_and_tabs() -> None:
    assert visible("a\n\tb\r\nc") == "a\n\tb\nc"
    assert printable("a\n\tb") == r"a\x0a\x09b"


def test_json_means_the_same() -> None:
    made = json.dumps({"a": "\x1b\x9b\u202e\n"}, ensure_ascii=False, indent=2)
    shown = visible_json(made)
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
    assert json.loads(shown) == json.loads(made)


class Pair(NamedTuple):
    one: str
    other: int


@dataclass(frozen=True)
class Inner:
    path: Path
    name: str = ""


@dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...]
    pairs: list[Pair]
    named: MappingProxyType[str, Inner]
    data: bytes
    edits: str = "\x1b"


def outer(odd: str) -> Outer:
    inner = Inner(Path(f"/a/{odd}.py"), odd)
    named = MappingProxyType({odd: inner})
    return Outer((inner,), [Pair(odd, 1)], named, odd.encode())


def test_all_text_within_an_object() -> None:
    made = visible_within(outer("\x1b"))
    assert made.inner == (Inner(Path(r"/a/\x1b.py"), r"\x1b"),)
    assert made.pairs == [Pair(r"\x1b", 1)]
    assert dict(made.named) == {r"\x1b": made.inner[0]}
    assert (made.data, made.edits) == (b"\x1b", "\x1b")


def test_what_is_plain_stays_the_very_same() -> None:
    plain = outer("a")
    assert visible_within(plain) is plain
