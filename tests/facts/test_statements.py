"""What a statement may do to the way on."""

import pytest

from torchscript_fix.facts.statements import may_leave
from torchscript_fix.source import parsed


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("try:\n    f()\nexcept E:\n    return", True),
        ("try:\n    f()\nfinally:\n    raise E", True),
        ("match x:\n    case 1:\n        return", True),
        ("with a:\n    if b:\n        return", True),
        ("for a in b:\n    break", False),
        ("for a in b:\n    return", True),
        ("if a:\n    continue", True),
        ("def f():\n    return", False),
        ("f(lambda: 1)", False),
    ],
)
def test_what_may_leave_the_way_on(code: str, expected: bool) -> None:
    text = parsed(code)
    assert may_leave(text, text.tree.body[0]) is expected
