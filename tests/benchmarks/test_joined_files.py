"""Files that are made to import one module, and the lists of them."""

import ast
from itertools import pairwise
from typing import Any

import pytest
from torch import nn

from tests.benchmarks.scripts import FOLDER, script

joined_files = script("joined_files")


def joined(source: str, join: str = "base-class") -> str:
    made: str = joined_files.joined(source.encode(), join).decode()
    return made


def test_the_import_is_behind_docstring_and_future() -> None:
    source = '"""What\nit is."""\nfrom __future__ import annotations\nx = 1\n'
    assert joined(source, "import") == source.replace("x = 1", "import joining_helper\nx = 1")


def test_the_import_is_first_where_nothing_has_to_be_before_it() -> None:
    assert joined("x = 1\n", "import") == "import joining_helper\nx = 1\n"


def test_an_import_alone_leaves_the_classes() -> None:
    source = "import torch\nclass Net(torch.nn.Module):\n    pass\n"
    assert joined(source, "import") == "import joining_helper\n" + source


@pytest.mark.parametrize(
    ("imports", "base"),
    [
        ("import torch", "torch.nn.Module"),
        ("import torch.nn as nn", "nn.Module"),
        ("from torch import nn", "nn.Module"),
        ("from torch import nn as layers", "layers.Module"),
        ("from torch.nn import Module", "Module"),
        ("from torch.nn import Module as Base", "Base"),
    ],
)
def test_a_class_derives_from_the_joining_one(imports: str, base: str) -> None:
    source = f"{imports}\nclass Nét(Mixin, {base}, metaclass=Meta):\n    pass\n"
    assert "class Nét(Mixin, joining_helper.Joined, metaclass=Meta):" in joined(source)


def test_two_bases_on_one_line() -> None:
    source = "from torch import nn\nclass A(B, nn.Module): x = 'é'\nclass C(nn.Module, D): pass\n"
    told = joined(source)
    assert "class A(B, joining_helper.Joined): x = 'é'\n" in told
    assert "class C(joining_helper.Joined, D): pass\n" in told


def test_another_class_of_torch_keeps_its_arguments() -> None:
    source = "from torch.nn.modules.conv import _ConvNd\nclass Net(_ConvNd): pass\n"
    assert "class Net(joining_helper.Joined, _ConvNd): pass" in joined(source)
    namespace: dict[str, Any] = {}
    exec(joined_files.HELPER, namespace)
    net = type("Net", (namespace["Joined"], nn.Linear), {})(3, out_features=4)
    assert (net.in_features, net.out_features, net.joined_depth) == (3, 4, 1)


@pytest.mark.parametrize(
    "source",
    [
        "from elsewhere import Module\nclass Net(Module):\n    pass\n",
        "from torch.nn import Module\nclass Module:\n    pass\nclass Net(Module):\n    pass\n",
        "from torch import nn\nclass Net(nn.ModuleList, Mixin):\n    pass\n",
        "from torch import nn\nclass Net(nn.Parameter):\n    pass\n",
        "import torch\nclass Net(torch.jit.ScriptModule):\n    pass\n",
        "from torch import nn\nif x:\n    class Net(nn.Module):\n        pass\n",
    ],
)
def test_other_classes_stay(source: str) -> None:
    assert joined(source) == "import joining_helper\n" + source


def test_what_is_no_python_stays_as_it_is() -> None:
    assert joined("print 'x'\n") == "print 'x'\n"


def test_the_joining_module_is_python() -> None:
    ast.parse(joined_files.HELPER)


def test_each_list_is_how_the_next_begins() -> None:
    lists = [
        (FOLDER / f"joined_files_{size}.txt").read_text().split() for size in joined_files.SIZES
    ]
    assert [len(set(names)) for names in lists] == list(joined_files.SIZES)
    for shorter, longer in pairwise(lists):
        assert longer[: len(shorter)] == shorter
