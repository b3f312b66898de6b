"""Lines found again in what was made of a text."""

import pytest

from torchscript_fix.line_map import line_now, lines_now, original_line


@pytest.mark.parametrize(
    ("now", "line", "expected"),
    [
        ("a\nb\nc", 3, 3),
        ("a\nx\nb\nc", 2, 2),
        ("a\nx\nb\nc", 4, 3),
        ("a\nB\nc", 2, 2),
        ("b\nc", 1, 2),
        ("a\nb\nc", 99, 99),
    ],
)
def test_the_line_that_stood_there(now: str, line: int, expected: int) -> None:
    assert original_line("a\nb\nc", now, line) == expected


def test_original_line_of_kept_replaced_and_added_lines() -> None:
    before, now = "a\nb\nc\n", "new\na\nB\nc\n"
    assert [original_line(before, now, line) for line in (1, 2, 3, 4)] == [1, 1, 2, 3]


def test_a_line_and_its_place_now_lead_to_each_other() -> None:
    before, now = "a\nb\nc\nd", "new\na\nB\nC\nd"
    for line in (1, 2, 3, 4):
        assert original_line(before, now, line_now(before, now, line)) == line


def test_all_that_took_the_place_of_lines_is_found() -> None:
    found, same = lines_now("a\nb\nc", "a\nx\ny\nc", [2])
    assert found == {2, 3}
    assert same == {1, 4}
