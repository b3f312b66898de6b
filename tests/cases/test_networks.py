"""Which classes are whole networks: by who builds, makes or takes them, whether they run or not."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from torchscript_fix.cases.gather import networks
from torchscript_fix.facts.static import Project

HEAD = "import torch\nfrom torch import nn\n\n"


def cls(name: str, body: str = "", init: str = "self", forward: str = "self, x") -> str:
    return (
        f"class {name}(nn.Module):\n    def __init__({init}):\n        super().__init__()\n"
        f"        {body or 'pass'}\n\n    def forward({forward}):\n        return x\n\n\n"
    )


NET = HEAD + cls("Block") + cls("Net", "self.block = Block()")


def whole(files: Mapping[str, str], root: Path | None = None) -> set[str]:
    project = Project()
    texts = {Path(f"/x/{name}.py"): text for name, text in files.items()}

    def name_of(path: Path) -> tuple[str, bool]:
        parts = path.with_suffix("").parts[2:]
        is_package = parts[-1] == "__init__"
        return ".".join(parts[:-1] if is_package else parts), is_package

    for path, text in texts.items():
        if "torch" in text:
            project.add(path, *name_of(path)[:1], text, name_of(path)[1])
    return {qualname for _, qualname in networks(project, texts, root, name_of).whole}


def test_what_no_other_module_makes_is_whole() -> None:
    assert whole({"net": NET}) == {"Net"}


@pytest.mark.parametrize(
    "taken",
    [
        "def build():\n    return Net(Block)\n",
        "def build():\n    return Net(block=Block())\n",
        "def build():\n    block = Block()\n    return Net(block)\n",
        "def small(block):\n    return Net(block)\n\ndef build():\n    return small(Block)\n",
        "BLOCKS = {18: (Block, [2])}\n\ndef build(n):\n    b, _ = BLOCKS[n]\n    return Net(b)\n",
        "def block():\n    return Block()\n\ndef build():\n    return Net(block())\n",
        "def build(name):\n    return Net(globals()[name]())\n",
    ],
    ids=["class", "keyword", "name", "builder", "dictionary", "made by a function", "globals"],
)
def test_what_another_takes_is_a_part(taken: str) -> None:
    text = HEAD + cls("Block") + cls("Net", init="self, block, k=1") + taken
    assert whole({"net": text}) == {"Net"}


def test_what_a_helper_of_another_makes_is_a_part() -> None:
    helper = "def block():\n    return Block()\n"
    text = HEAD + cls("Block") + helper + cls("Net", "self.block = block()")
    assert whole({"net": text}) == {"Net"}


def test_a_part_that_is_named_in_an_annotation_alone() -> None:
    text = HEAD + cls("Bert") + cls("BertLM", "self.bert = bert", "self, bert: Bert")
    assert whole({"net": text}) == {"BertLM"}


def test_a_part_that_a_package_exports() -> None:
    files = {
        "layers/block": HEAD + cls("Block"),
        "layers/__init__": "from .block import Block\n",
        "net": HEAD + "from layers import Block\n\n" + cls("Net", "self.block = Block()"),
    }
    assert whole(files) == {"Net"}


def test_what_a_script_builds_by_its_own_name_is_whole_whoever_takes_it() -> None:
    assert whole({"net": NET, "train": "from net import Block\nblock = Block()\n"}) == {
        "Net",
        "Block",
    }


def test_an_alias_that_a_script_builds() -> None:
    net = NET + "Backbone = Block\n"
    assert "Block" in whole({"net": net, "demo": "from net import Backbone\nm = Backbone()\n"})


def test_a_self_test_beneath_a_block_makes_it_no_network() -> None:
    text = NET + 'if __name__ == "__main__":\n    print(Block()(torch.rand(1)))\n'
    assert whole({"net": text}) == {"Net"}


def test_a_test_is_no_script() -> None:
    assert whole({"net": NET, "test_net": "from net import Block\nBlock()\n"}) == {"Net"}


def test_a_readme_that_builds_a_part(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("```python\nfrom net import Block\nBlock()\n```\n")
    assert whole({"net": NET}, tmp_path) == {"Net", "Block"}


def test_a_subclass_does_not_make_its_base_a_part() -> None:
    text = NET + cls("Wide", "Net.__init__(self)").replace("nn.Module", "Net")
    assert whole({"net": text}) == {"Net", "Wide"}


def test_asking_for_a_class_is_not_making_one() -> None:
    ask = cls("Head", "pass").replace("return x", "return x if isinstance(x, Net) else None")
    assert whole({"net": NET + ask}) == {"Net", "Head"}


@pytest.mark.parametrize(
    "loss",
    [
        cls("FocalLoss"),
        cls("Focal").replace("nn.Module", "nn.BCELoss"),
        cls("Distance", forward="self, pred, target"),
        cls("Distance") + "criterion = Distance().cuda()\n",
    ],
    ids=["name", "base", "arguments", "criterion"],
)
def test_a_loss_is_no_network(loss: str) -> None:
    assert whole({"net": NET + loss}) == {"Net"}


def test_a_model_that_takes_targets_is_no_loss() -> None:
    assert whole({"net": NET + cls("Seq2Seq", forward="self, x, target")}) == {"Net", "Seq2Seq"}


def test_a_sequential_is_as_whole_as_what_builds_it() -> None:
    project = Project.of_text(
        NET.replace("Block()", "stem()") + "def stem():\n    return nn.Sequential(Block())\n"
    )
    found = networks(project, {}, None)
    assert found.has(None, "example.build")
    assert not found.has(None, "example.stem")
    assert not found.has(None, "")
