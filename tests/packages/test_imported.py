"""Imports that a file needs, and those that it can do without."""

import ast

import pytest

from torchscript_fix.packages.imported import imports_of, names_mentioned

NEEDED = {
    "at the top": "import a",
    "dotted": "import a.b.c as d",
    "from it": "from a.b import c",
    "in a class": "class C:\n    import a",
    "in an if": "if x:\n    import a",
    "in an elif": "if x:\n    pass\nelif y:\n    import a",
    "in a loop": "for x in y:\n    import a",
    "in a match": "match x:\n    case 1:\n        import a",
    "in a with": "with open('x') as f:\n    import a",
    "caught and raised again": "try:\n    import a\nexcept ImportError:\n    raise",
    "caught and the end": "try:\n    import a\nexcept ImportError as e:\n    print(e)\n    exit(1)",
    "another error caught": "try:\n    import a\nexcept KeyError:\n    pass",
    "finally": "try:\n    pass\nfinally:\n    import a",
    "in the place of what is missing": "try:\n    import z\nexcept ImportError:\n    import a",
    "in new versions": "import sys\nif sys.version_info >= (3, 8):\n    import a",
    "in Python 3": "import six\nif six.PY2:\n    pass\nelse:\n    import a",
    "for a type checker and otherwise": "if TYPE_CHECKING:\n    pass\nelse:\n    import a",
    "after what is there": "try:\n    import there\nexcept:\n    pass\nelse:\n    import a",
}
OPTIONAL = {
    "caught": "try:\n    import a\nexcept ImportError:\n    a = None",
    "everything caught": "try:\n    import a\nexcept:\n    pass",
    "caught among others": "try:\n    import a\nexcept (OSError, ModuleNotFoundError):\n    pass",
    "suppressed": "with suppress(ImportError):\n    import a",
    "in a function": "def f():\n    import a",
    "in a method": "class C:\n    async def f(self):\n        if x:\n            import a",
    "when run as a script": "if __name__ == '__main__':\n    import a",
    "in the place of what is there": "try:\n    import there\nexcept ImportError:\n    import a",
    "after what is missing": "try:\n    import z\nexcept:\n    pass\nelse:\n    import a",
}
NEITHER = {
    "relative": "from . import a\nfrom .a import b\nfrom ..a.b import c",
    "for a type checker": "if typing.TYPE_CHECKING:\n    import a",
    "never": "if False:\n    import a",
    "in old versions": "if sys.version_info[0] == 2:\n    import a",
    "in older versions": "if sys.version_info < (3, 8):\n    import a",
    "of the major version": "if sys.version_info.major < 3:\n    import a",
    "in Python 2": "if not PY3:\n    import a",
    "in words": "'''\nimport a\n'''\n# import a",
}


def found(text: str) -> set[bool]:
    """Whether `a` is optional, for each import of it."""
    imports = imports_of(ast.parse(text), (3, 11, 7), lambda name: name in ("there", "sys"))
    return {each.optional for each in imports if each.name == "a"}


@pytest.mark.parametrize("text", NEEDED.values(), ids=NEEDED.keys())
def test_needed(text: str) -> None:
    assert found(text) == {False}


@pytest.mark.parametrize("text", OPTIONAL.values(), ids=OPTIONAL.keys())
def test_optional(text: str) -> None:
    assert found(text) == {True}


@pytest.mark.parametrize("text", NEITHER.values(), ids=NEITHER.keys())
def test_not_imported(text: str) -> None:
    assert found(text) == set()


def test_a_test_of_the_version_that_is_not_understood_decides_nothing() -> None:
    for test in ("sys.version_info >= x", "sys.version_info > 3", "f().b[0] == 2", "3 < x < 5"):
        assert found(f"if {test}:\n    import a") == {False}


@pytest.mark.parametrize(
    "text",
    [
        "import torch.utils.tensorboard",
        "from torch.utils.tensorboard import SummaryWriter",
        "from torch.utils import data, tensorboard",
        "from torch.utils.tensorboard.writer import SummaryWriter as S",
    ],
)
def test_what_torch_imports_and_does_not_bring_along(text: str) -> None:
    imports = imports_of(ast.parse(text), (3, 11, 7), lambda name: False)
    assert {each.name for each in imports} == {"torch", "tensorboard"}
    assert "tensorboard" in names_mentioned(text)


def test_a_chain_of_very_many_elifs() -> None:
    chain = "if x:\n    pass\n" + "elif x:\n    import a\n" * 900
    assert found(chain) == {False}


@pytest.mark.parametrize(
    "text",
    [
        "import a, b.c as d, e",
        "import a; import b; from e.f import *",
        "import a, \\\n    b, \\\r\n e",
        "from \\\n  a import x\nif y: import b\nelse: from e import (\n z)",
        "x = 1; import a,b,e",
        "\timport a\n\timport b # import c\n\tfrom e import f",
    ],
)
def test_every_import_is_mentioned(text: str) -> None:
    assert {"a", "b", "e"} <= names_mentioned(text)
