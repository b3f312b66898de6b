"""What a terminal would obey, made visible: names, messages and source are written by others, and
an escape sequence or a change of direction in them would show people what is not there.
"""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

Value = TypeVar("Value")

_ONE_LINE = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
# What would turn the direction of the text around it, or end the line (Unicode's UAX 9 and 14).
_ONE_LINE |= {
    code: f"\\u{code:04x}"
    for code in (0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
}
_LINES = {code: shown for code, shown in _ONE_LINE.items() if chr(code) not in "\t\n"}
_JSON = {code: f"\\u{code:04x}" for code in _LINES}


def printable(text: str) -> str:
    """A text in one line that no terminal obeys."""
    return _valid(text.translate(_ONE_LINE))


def visible(text: str) -> str:
    """A text that no terminal obeys, with its lines and tabs."""
    return _valid(text.replace("\r\n", "\n").translate(_LINES))


def visible_json(text: str) -> str:
    """JSON that no terminal obeys, and that means the same."""
    return text.translate(_JSON)


def _valid(text: str) -> str:
    """Without the halves of surrogate pairs that stand for bytes which are no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def visible_within(value: Value) -> Value:
    """The same object with all text in it made visible, for what is styled as it is put together.
    What has nothing to be made visible is the very same; syntax trees and bytes are left alone."""
    made: Any = _made_visible(value)
    return made  # type: ignore[no-any-return]  # of the type of what was given


def _made_visible(value: Any) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        text = visible(value)
        return value if text == value else text
    if isinstance(value, Path):
        name = printable(str(value))
        return value if name == str(value) else Path(name)
    if isinstance(value, (tuple, list)):
        items = [_made_visible(item) for item in value]
        same = all(one is other for one, other in zip(items, value, strict=True))
        return value if same else _like(value, items)
    if isinstance(value, Mapping):
        return {_made_visible(key): _made_visible(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _dataclass(value)
    return value


def _like(value: "tuple[Any, ...] | list[Any]", items: list[Any]) -> Any:
    if hasattr(value, "_make"):  # a NamedTuple
        return value._make(items)
    return type(value)(items)


def _dataclass(value: Any) -> Any:
    changed = {}
    for field in dataclasses.fields(value):
        before = getattr(value, field.name)
        # What a rewrite does to a tree is not shown; what it says is.
        after = before if field.name == "edits" or not field.init else _made_visible(before)
        if after is not before and after != before:
            changed[field.name] = after
    return dataclasses.replace(value, **changed) if changed else value
