"""setup.py, which is read and never run."""

from pathlib import Path

import pytest

from torchscript_fix.packages.project_files import Unparsable
from torchscript_fix.packages.setup_script import read_setup_script


def requirements(text: str, markers: dict[str, str]) -> list[str]:
    return [each.requirement for each in read_setup_script(text, markers)[0]]


@pytest.mark.parametrize(
    "text",
    [
        "from setuptools import setup\nsetup(install_requires=['a>=1', 'b'])",
        "import setuptools\nsetuptools.setup(install_requires=('a>=1', 'b'))",
        "NEEDS = ['a>=1']\nsetup(install_requires=NEEDS + ['b'])",
        "all = {'x': ['a>=1', 'b'], 'y': ['c']}\nof_x = all['x']\nsetup(install_requires=of_x)",
        "def main():\n    needs = ['a>=1']\n    needs += ['b']\n    setup(install_requires=needs)",
        "settings = {'install_requires': 'a>=1\\nb'}\nsetup(**settings)",
        "setup(install_requires=[*['a>=1'], 'b', f'{x}', read('z')])",
        "setup(extras_require={'x': ['a>=1'], 'y': 'b'})",
    ],
)
def test_literals(text: str, markers: dict[str, str]) -> None:
    assert requirements(text, markers) == ["a>=1", "b"]


def test_it_is_not_run(tmp_path: Path, markers: dict[str, str]) -> None:
    trace = tmp_path / "ran"
    text = f"open({str(trace)!r}, 'w')\nsetup(install_requires=['a'])"
    assert requirements(text, markers) == ["a"]
    assert not trace.exists()


def test_names_that_the_project_has(markers: dict[str, str]) -> None:
    text = (
        "setup(name='my-nets', packages=['nets.deep'], py_modules=['one'],"
        " package_dir={'': 'src', 'two': 'x'})"
    )
    assert read_setup_script(text, markers)[1] == ["my-nets", "nets", "one", "two"]


@pytest.mark.parametrize(
    "text",
    [
        "a = ['x']\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(60)).replace("a0", "a"),
        "a = a + ['x']\n",
        "a = " + "['x'] + " * 500 + "['x']\n",
        "a = " + "[" * 90 + "]" * 90 + "\n",
    ],
    ids=["doubling", "of-itself", "long", "deep"],
)
def test_expressions_that_never_end(text: str, markers: dict[str, str]) -> None:
    text += "setup(install_requires=[a, a60] if x else 0, extras_require={'x': [a, a60, 'y']})"
    assert set(requirements(text, markers)) <= {"x", "y"}


def test_no_python(markers: dict[str, str]) -> None:
    for text in ("print 'x'", "a\0b"):
        with pytest.raises(Unparsable):
            read_setup_script(text, markers)
