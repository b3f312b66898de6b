"""Requirements as they are written, and as they are given on."""

import pytest

from torchscript_fix.packages.declaration import Declaration, declaration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("timm == 0.4.12", "timm==0.4.12"),
        ("imgaug >=0.4, <0.5", "imgaug>=0.4,<0.5"),
        ("ray[tune,rllib]>=1", "ray[tune,rllib]>=1"),
        ("numpy (>=1.2)", "numpy>=1.2"),
        ("torch==1.5.1+cu101", "torch==1.5.1+cu101"),
        ("a===x", "a===x"),
        ("a===$(x)", None),
        ("a===$x`y`", "a"),
        ("a==1 ; python_version >= '3.8'", "a==1"),
        ("a ; extra == 'gpu' or sys_platform == 'linux'", "a"),
    ],
)
def test_a_requirement_is_given_on(
    text: str, expected: str | None, markers: dict[str, str]
) -> None:
    found = declaration(text, markers)
    assert (found.requirement if found else None) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a ; python_version < '3'",
        "a ; sys_platform == 'win32'",
        "-e .",
        "./a",
        "a b",
        "git+https://example.com/a",
        "",
        "a" * 501,
        "a ; " + "(" * 480,
    ],
)
def test_what_is_none_or_is_for_others(text: str, markers: dict[str, str]) -> None:
    assert declaration(text, markers) is None


def test_a_url_is_not_given_on(markers: dict[str, str]) -> None:
    found = declaration("My.Name @ https://example.com/a.whl", markers)
    assert found == Declaration("my-name", "")
