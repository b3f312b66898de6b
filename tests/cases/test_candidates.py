"""What may build a model, in which order, and which arguments the repository shows for it."""

from pathlib import Path

import pytest

from torchscript_fix.cases.candidates import Candidate
from torchscript_fix.cases.gather import gather
from torchscript_fix.facts.static import Project

NET = """
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super(Block, self).__init__()

    def forward(self, x):
        return x


class Net(nn.Module):
    def __init__(self, conv_dim, c_dim=5, repeat=1):
        super(Net, self).__init__()
        self.block = Block(conv_dim)

    def forward(self, x):
        return x
"""


def found(files: dict[str, str], root: Path | None = None) -> list[Candidate]:
    project = Project()
    for name, text in files.items():
        project.add(Path(f"/x/{name}.py"), name, text)
    texts = {Path(f"/x/{name}.py"): text for name, text in files.items()}
    return list(gather(project, texts, root).candidates)


def given(candidate: Candidate) -> dict[str, str]:
    return {name: texts[0] for name, texts in candidate.given}


def test_the_network_of_the_training_script_comes_first_and_its_blocks_last() -> None:
    train = "from net import Net\nmodel = Net(64, repeat=6)\n"
    candidates = found({"net": NET, "train": train})
    assert (candidates[0].callee, given(candidates[0])) == (
        "Net",
        {"conv_dim": "64", "repeat": "6"},
    )
    assert candidates[0].how == "constructor arguments from the call in train.py line 2"
    assert candidates[-1].callee == "Block"


def test_defaults_of_argparse_in_another_file() -> None:
    main = "import argparse\nparser.add_argument('--g_dim', type=int, default=32)\n"
    solver = """
from net import Net
class Solver(object):
    def __init__(self, config):
        self.g_dim = config.g_dim
        self.c_dim = config.c_dim
        self.build()
    def build(self):
        self.G = Net(self.g_dim, self.c_dim + 2).cuda()
"""
    main += "parser.add_argument('--c_dim', type=int, default=5)\n"
    best = found({"net": NET, "solver": solver, "main": main})[0]
    assert given(best) == {"conv_dim": "32", "c_dim": "7"}
    assert best.how.endswith("solver.py line 9, values from main.py")


def test_an_argument_that_nothing_shows_is_left_to_be_guessed() -> None:
    train = "from net import Net\nmodel = Net(data.shape[1], c_dim=labels.max().item() + 1)\n"
    assert given(found({"net": NET, "train": train})[0]) == {}


def test_a_readme_counts_most(tmp_path: Path) -> None:
    code = "```python\n>>> from net import Net\n>>> Net(16)\n```\n"
    (tmp_path / "README.md").write_text(f"# Net\n{code}\n```\nnot python at all\n```\n")
    train = "from net import Net\nmodel = Net(64)\n"
    best = found({"net": NET, "train": train}, tmp_path)[0]
    assert given(best) == {"conv_dim": "16"}
    assert best.how == "constructor arguments from the call in README.md"


def test_a_builder_comes_before_what_it_builds() -> None:
    text = NET + "\ndef build_net(dim=8):\n    net = Net(dim)\n    return net.cuda()\n"
    candidates = found({"net": text})
    assert candidates[0].callee == "build_net"
    assert given(next(c for c in candidates if c.callee == "Net")) == {"conv_dim": "8"}


def test_a_builder_that_calls_builders() -> None:
    text = NET + "\ndef small():\n    return Net(8)\n"
    utils = "import net\ndef get_network(args):\n    if args.net == 'small':\n"
    utils += "        from net import small\n        model = small()\n    return model\n"
    names = [c.callee for c in found({"net": text, "tools": utils + "import torch\n"})]
    assert set(names[:2]) == {"get_network", "small"}


def test_a_builder_that_returns_a_model_and_more() -> None:
    text = NET + "\ndef build(args):\n    model = Net(8)\n    return model, nn.L1Loss()\n"
    builder = next(c for c in found({"net": text}) if c.callee == "build")
    assert builder.item == "[0]"


def test_what_is_given_a_model_and_gives_it_back_builds_none() -> None:
    text = NET + "\ndef fuse(model: nn.Module) -> nn.Module:\n    model.eval()\n    return model\n"
    text += "def wrap(model: nn.Module) -> nn.Module:\n    model = Net(model)\n    return model\n"
    callees = [c.callee for c in found({"net": text})]
    assert "wrap" in callees and "fuse" not in callees


def test_a_class_method_that_builds() -> None:
    text = NET.replace(
        "    def __init__(self, conv_dim",
        "    @classmethod\n    def from_name(cls, name):\n        return cls(8)\n\n"
        "    def __init__(self, conv_dim",
    )
    assert "Net.from_name" in [c.callee for c in found({"net": text})]


def test_a_method_of_an_object_that_is_no_module() -> None:
    base = "from net import Net\n\nclass Base:\n    def get_model(self):\n"
    base += "        from net import Net\n        if getattr(self, 'model', None) is None:\n"
    base += "            self.model = Net(self.width)\n        return self.model\n"
    base += "    def get_data(self):\n        return [Net(1)]\n"
    small = "import torch\nfrom base import Base as Mine\nclass Small(Mine):\n"
    small += "    def __init__(self):\n        self.width = 8\n"
    texts = {"net": NET, "base": "import torch\n" + base, "small": small}
    callees = [c.callee for c in found(texts)]
    assert callees.index("Small().get_model") < callees.index("Net")
    assert not any("get_data" in callee for callee in callees)


def test_an_object_that_is_made_of_something_is_not_made() -> None:
    base = "import torch\nfrom net import Net\nclass Exp:\n    def __init__(self, args):\n"
    base += "        self.args = args\n    def build(self):\n        return Net(1)\n"
    assert not any("build" in c.callee for c in found({"net": NET, "exp": base}))


def test_each_name_that_a_builder_chooses_by() -> None:
    text = NET + "\ndef build(base='a'):\n    if base == 'a':\n        return Net(8)\n"
    text += "    elif base == 'b':\n        return Net(16)\n"
    choices = [given(c) for c in found({"net": text}) if c.callee == "build"]
    assert {"base": "'a'"} in choices and {"base": "'b'"} in choices


def test_a_class_of_another_module_is_spelled_so_that_it_is_found() -> None:
    other = "import torch\nfrom torch import nn\nclass Head(nn.Module):\n"
    other += "    def forward(self, x):\n        return x\n"
    train = "from net import Net\nfrom other import Head\nNet(Head(), torch.nn.ReLU)\n"
    best = found({"net": NET, "other": other, "train": "import torch\n" + train})[0]
    assert given(best) == {
        "conv_dim": "__import__('importlib').import_module('other').Head()",
        "c_dim": "torch.nn.ReLU",
    }


def test_a_class_that_others_are_made_of_comes_after_them() -> None:
    text = NET + "\ndef net18():\n    return Deep(Basic, [2, 2])\n"
    for name in ("Basic", "Deep"):
        text += NET[NET.index("class Net") :].replace("Net", name)
    names = [c.callee for c in found({"net": text})]
    assert names.index("net18") < names.index("Deep") < names.index("Basic")


@pytest.mark.parametrize("name", ["FocalLoss", "HungarianMatcher", "ImageDataset"])
def test_a_loss_comes_last(name: str) -> None:
    text = NET + NET[NET.index("class Net") :].replace("Net", name)
    assert found({"net": text})[-1].callee == name
