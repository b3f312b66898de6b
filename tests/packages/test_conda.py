"""Environments of conda."""

import pytest

from torchscript_fix.packages.conda import LARGEST, read_environment
from torchscript_fix.packages.project_files import Unparsable


@pytest.mark.parametrize(
    ("entry", "requirement"),
    [
        ("tqdm", "tqdm"),
        ("scipy=1.4", "scipy==1.4.*"),
        ("scipy=1.4.1", "scipy==1.4.1"),
        ("scipy=1.4.*", "scipy==1.4.*"),
        ("scipy=1.4=py37_0", "scipy==1.4"),
        ("scipy==1.4", "scipy==1.4"),
        ("scipy >=1.4,<2", "scipy>=1.4,<2"),
        ("scipy>=1.4|1.3", "scipy"),
        ("conda-forge::scipy=1.4", "scipy==1.4.*"),
        ("acme::scipy=1.4", ""),
        ("libx=9e=h7f98852_1", "libx"),
    ],
)
def test_a_dependency(entry: str, requirement: str, markers: dict[str, str]) -> None:
    (found,) = read_environment(f"dependencies:\n  - '{entry}'\n", markers)
    assert found.requirement == requirement


def test_what_pip_installs_in_it(markers: dict[str, str]) -> None:
    text = (
        "dependencies:\n- python=3.8\n- pip:\n  - a==1\n  - -e .\n  - git+https://x.org/b\n  - 3\n"
    )
    assert [each.requirement for each in read_environment(text, markers)] == [
        "python==3.8.*",
        "a==1",
    ]


@pytest.mark.parametrize("text", ["", "3", "dependencies: 3", "- a", "dependencies: [{pip: a}, 3]"])
def test_other_files(text: str, markers: dict[str, str]) -> None:
    assert read_environment(text, markers) == []


@pytest.mark.parametrize(
    "text",
    ["a: [", "!!python/object/apply:os.system [ls]", "[" * 5000, "a: b\n" * LARGEST, "2001-13-01"],
    ids=["yaml", "objects", "deep", "large", "date"],
)
def test_what_cannot_be_read(text: str, markers: dict[str, str]) -> None:
    with pytest.raises(Unparsable):
        read_environment(text, markers)


def test_aliases_of_aliases(markers: dict[str, str]) -> None:
    lines = ["a0: &a0 [x]"]
    lines += (f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}, *a{n}]" for n in range(40))
    assert read_environment("\n".join([*lines, "dependencies: *a40"]), markers) == []
