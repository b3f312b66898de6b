"""pyproject.toml and setup.cfg."""

import pytest

from torchscript_fix.packages.project_files import (
    Unparsable,
    read_pyproject,
    read_setup_cfg,
    specifier_of_poetry,
)

POETRY = """
[tool.poetry]
name = "nets"
[tool.poetry.dependencies]
python = "^3.8"
a = "^1.2"
b = {version = "~1.2.3", extras = ["x"], optional = true}
c = {git = "https://example.com/c"}
d = {path = "../d"}
e = [{version = "<=1", python = "<3.9"}, {version = "^2", python = ">=3.9"}]
f = {version = "1.0", source = "private"}
g = {version = "*", markers = "sys_platform == 'win32'"}
[tool.poetry.dev-dependencies]
h = "1.*"
[tool.poetry.group.train.dependencies]
i = ">=1,<2 || >3"
"""


def test_poetry(markers: dict[str, str]) -> None:
    found, names = read_pyproject(POETRY, markers)
    assert names == ["nets"]
    assert [(each.name, each.requirement) for each in found] == [
        ("a", "a>=1.2,<2"),
        ("b", "b[x]>=1.2.3,<1.3"),
        ("c", ""),
        ("d", ""),
        ("e", "e>=2,<3"),
        ("f", ""),
        ("h", "h==1.*"),
        ("i", "i"),
    ]


@pytest.mark.parametrize(
    ("poetry", "pep_440"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("~1", ">=1,<2"),
        ("~1.2", ">=1.2,<1.3"),
        ("1.2", "==1.2"),
        (">=1.2, <2", ">=1.2,<2"),
        ("*", ""),
        ("nonsense", ""),
        ("^" + "9" * 5000, ""),
        (3, ""),
    ],
)
def test_poetrys_constraints(poetry: object, pep_440: str) -> None:
    assert specifier_of_poetry(poetry) == pep_440


def test_where_uv_gets_it_from_elsewhere(markers: dict[str, str]) -> None:
    text = (
        "[project]\nname = 'x'\ndependencies = ['A-b', 'c']\n"
        "[tool.uv.sources]\na_b = {git = 'https://example.com'}\n"
    )
    found, _ = read_pyproject(text, markers)
    assert [each.requirement for each in found] == ["", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "project = 3",
        "[project]\nname = 3\ndependencies = 'a'\noptional-dependencies = ['b']",
        "[project]\ndependencies = [['a']]\n[tool]\npoetry = []",
        "[tool.poetry.dependencies]\na = 3\nb = [3]\n[tool.poetry.group]\nx = 'y'",
        "[dependency-groups]\nx = 'a'",
    ],
)
def test_values_that_should_be_others(text: str, markers: dict[str, str]) -> None:
    found, names = read_pyproject(text, markers)
    assert {each.requirement for each in found} <= {"a", "b"}
    assert names == []


@pytest.mark.parametrize("text", ["[project", "a = " + "[" * 5000])
def test_no_toml(text: str, markers: dict[str, str]) -> None:
    with pytest.raises(Unparsable):
        read_pyproject(text, markers)


def test_setup_cfg(markers: dict[str, str]) -> None:
    text = """
[metadata]
name = nets
[options]
install_requires =
    a>=1  # needed
    b; python_version < "3"
    file: requirements.txt
    %(nothing)s
[options.extras_require]
train =
    c
all = d
"""
    found, names = read_setup_cfg(text, markers)
    assert [each.requirement for each in found] == ["a>=1", "c", "d"]
    assert names == ["nets"]
    assert read_setup_cfg("", markers) == ([], [])
