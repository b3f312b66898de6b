"""The page of all that a rule may ask is made from the code."""

from torchscript_fix.authoring import interface


def test_what_is_public_has_a_line_and_what_is_not_has_none() -> None:
    lines = interface.page().splitlines()
    assert "### torchscript_fix.kit.answer" in lines
    assert any(line.startswith("- `require(condition, reason") for line in lines)
    assert any(line.startswith("- `ReplaceExpression` ") for line in lines)
    assert any(line.startswith("- `Site.code` Its source") for line in lines)
    assert not any(line.startswith("- `_") for line in lines)
    assert max(map(len, lines)) <= 200
