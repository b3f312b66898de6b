"""How scripts, READMEs and notebooks build a model and call it, read and written anew."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from torchscript_fix.cases.candidates import Candidate
from torchscript_fix.cases.config_files import ConfigFiles
from torchscript_fix.cases.gather import gather
from torchscript_fix.facts.static import Project

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, config, width=8, **more):
        super().__init__()

    @staticmethod
    def defaults():
        return Config()

    def forward(self, x):
        return x


class Config:
    def __init__(self, depth=1):
        self.depth = depth
"""
YAML = "model:\n  width: 12\n  depth: 3\nname: base\n"


def found(root: Path, files: Mapping[str, str]) -> list[Candidate]:
    """The candidates of a repository that is written to a folder."""
    project, texts = Project(), {}
    for name, text in {"net.py": NET, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if path.suffix == ".py":
            texts[path] = text

    def name_of(path: Path) -> tuple[str, bool]:
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        return ".".join(parts[:-1] if is_package else parts), is_package

    for path, text in texts.items():
        if "torch" in text:
            module, is_package = name_of(path)
            project.add(path, module, text, is_package)
    return list(gather(project, texts, root, name_of).candidates)


def best(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    return {name: texts[0] for name, texts in found(root, files)[0].given}


# ------------------------------------------------------------------------------------ arguments


def test_a_name_that_is_first_none(tmp_path: Path) -> None:
    train = (
        "import sys\nfrom net import Net\nfrom data import small\n"
        "if __name__ == '__main__':\n    cfg = None\n    if len(sys.argv) > 1:\n"
        "        cfg = small\n    model = Net(cfg)\n"
    )
    files = {
        "train.py": train,
        "data/__init__.py": "from .config import *\n",
        "data/config.py": "small = {'depth': 2}\n",
    }
    assert best(tmp_path, files) == {"config": "{'depth': 2}"}


def test_what_a_caller_passes(tmp_path: Path) -> None:
    trainer = "from net import Net\ndef make(depth):\n    model = Net(depth)\n"
    main = "from trainer import make\nmake(7)\n"
    assert best(tmp_path, {"trainer.py": trainer, "main.py": main}) == {"config": "7"}


def test_an_object_whose_attributes_are_set_after_it_is_made(tmp_path: Path) -> None:
    readme = "```python\nfrom net import Net\nc = Net.defaults()\nc.depth = 4\nm = Net(c)\n```\n"
    text = best(tmp_path, {"README.md": readme})["config"]
    assert text == "[_made1 := Net.defaults(), setattr(_made1, 'depth', 4), _made1][-1]"
    compile(text, "case", "eval")


def test_what_is_not_known_of_an_argument_of_an_argument_is_guessed_by_name(
    tmp_path: Path,
) -> None:
    sized = "\n\nclass Sized:\n    def __init__(self, depth):\n        self.depth = depth\n"
    train = "from net import Net, Sized\nmodel = Net(Sized(depth=data.levels()), width=3)\n"
    assert best(tmp_path, {"net.py": NET + sized, "train.py": train}) == {
        "config": "Sized(depth=_GUESS('depth'))",
        "width": "3",
    }


def test_what_is_not_known_and_need_not_be_given_is_left_out(tmp_path: Path) -> None:
    train = "from net import Net, Config\nmodel = Net(Config(depth=data.levels()))\n"
    assert best(tmp_path, {"train.py": train}) == {"config": "Config()"}


def test_a_comprehension_over_what_is_known(tmp_path: Path) -> None:
    train = (
        "from net import Net, Config\nnames = ['a', 'b']\n"
        "model = Net([Config(i) for i, name in enumerate(names)])\n"
    )
    text = best(tmp_path, {"train.py": train})["config"]
    assert text == "[Config(i) for (i, name) in enumerate(['a', 'b'])]"


def test_a_list_that_is_added_to(tmp_path: Path) -> None:
    train = (
        "from net import Net, Config\ncolumns = [Config(1)]\ncolumns += [Config(2)]\n"
        "model = Net(columns)\n"
    )
    assert best(tmp_path, {"train.py": train}) == {"config": "([Config(1)] + [Config(2)])"}


def test_a_part_of_what_a_function_returns(tmp_path: Path) -> None:
    train = (
        "from net import Net\ndef read():\n    return 1, {'depth': 5}\n"
        "count, config = read()\nmodel = Net(config)\n"
    )
    assert best(tmp_path, {"train.py": train}) == {"config": "{'depth': 5}"}


def test_a_shape_is_no_setting(tmp_path: Path) -> None:
    train = "from net import Net\nplot(shape='oval')\nmodel = Net(1, width=x.shape[1])\n"
    assert best(tmp_path, {"train.py": train, "config.py": "shape = 'oval'\n"}) == {"config": "1"}


def test_a_function_that_reads_arguments_is_not_called(tmp_path: Path) -> None:
    train = (
        "import argparse\nfrom net import Net\ndef options():\n"
        "    return argparse.ArgumentParser().parse_args()\nmodel = Net(options(), width=2)\n"
    )
    assert best(tmp_path, {"train.py": train}) == {"width": "2"}


# -------------------------------------------------------------------------- configuration files

CONFIG = (
    "import argparse, yaml\nfrom net import Net\nparser = argparse.ArgumentParser()\n"
    "parser.add_argument('-c', '--config', required=True)\nargs = parser.parse_args()\n"
    "config = yaml.load(open(args.config), Loader=yaml.FullLoader)\n"
)
COMMAND = "Train it:\n```bash\npython train.py \\\n   -c conf/base.yaml\n```\n"


@pytest.mark.parametrize(
    ("build", "given"),
    [
        ("Net(config)", {"config": "__import__('yaml').safe_load(open('conf/base.yaml'))"}),
        ("Net(config['model']['depth'])", {"config": "3"}),
        ("Net(1, width=config.get('model')['width'])", {"config": "1", "width": "12"}),
        ("Net(1, **config['model'])", {"config": "1", "width": "12", "depth": "3"}),
    ],
)
def test_a_configuration_file_that_the_readme_passes(
    tmp_path: Path, build: str, given: dict[str, str]
) -> None:
    files = {
        "train.py": f"{CONFIG}model = {build}\n",
        "conf/base.yaml": YAML,
        "conf/other.yaml": YAML.replace("12", "13"),
        "README.md": COMMAND,
    }
    assert best(tmp_path, files) == given


def test_a_configuration_file_of_a_folder_below_the_one_the_code_runs_in(tmp_path: Path) -> None:
    (tmp_path / "repo" / "conf").mkdir(parents=True)
    (tmp_path / "repo" / "conf" / "base.yaml").write_text(YAML)
    configs = ConfigFiles(tmp_path / "repo", tmp_path)
    script = tmp_path / "repo" / "train.py"
    assert configs.path("conf/base.yaml", script) == "repo/conf/base.yaml"
    assert configs.loaded("repo/conf/base.yaml")["name"] == "base"


def test_a_configuration_file_that_is_opened_first(tmp_path: Path) -> None:
    train = (
        "import yaml\nfrom net import Net\nwith open('base.yaml') as f:\n"
        "    config = yaml.safe_load(f)\nmodel = Net(config['model']['depth'])\n"
    )
    assert best(tmp_path, {"train.py": train, "conf/base.yaml": YAML}) == {"config": "3"}


def test_the_configuration_that_hydra_gives(tmp_path: Path) -> None:
    train = (
        "import hydra\nfrom net import Net\n"
        "def build(args):\n    return Net(1, **args.model)\n"
        "@hydra.main(config_path='conf', config_name='base')\n"
        "def main(args):\n    model = build(args)\n"
    )
    candidates = found(tmp_path, {"train.py": train, "conf/base.yaml": YAML})
    net = next(each for each in candidates if each.callee == "Net")
    assert {name: texts[0] for name, texts in net.given} == {
        "config": "1",
        "width": "12",
        "depth": "3",
    }


def test_a_file_outside_of_the_repository_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("depth: 9\n")
    root = tmp_path / "repo"
    root.mkdir()
    (root / "linked.yaml").symlink_to(tmp_path / "secret.yaml")
    train = (
        "import yaml\nfrom net import Net\n"
        "a = yaml.safe_load(open('../secret.yaml'))\nb = yaml.safe_load(open('linked.yaml'))\n"
        "model = Net(a['depth'], width=b['depth'])\n"
    )
    assert best(root, {"train.py": train}) == {}


def test_a_class_that_a_configuration_file_names(tmp_path: Path) -> None:
    options = "networks:\n  net_g:\n    type: Net\n    config: 4\n    width: 64\n"
    first = found(tmp_path, {"options/train.yml": options})[0]
    assert dict(first.given) == {"config": ("4",), "width": ("64",)}
    assert first.how == "constructor arguments from the call in train.yml"


def test_a_test_builds_a_network_smaller_than_its_defaults(tmp_path: Path) -> None:
    net = NET.replace("config, width=8, **more", "width=8")
    test = "from net import Net\ndef test_it():\n    model = Net(width=1)\n"
    given = [each.given for each in found(tmp_path, {"net.py": net, "test_net.py": test})]
    assert given.index(()) < given.index((("width", ("1",)),))


# -------------------------------------------------------------------------------------- callees

TWO = (
    NET + "\n\ndef small(width=1):\n    return Net(1)\n\n\ndef large(width=1):\n    return Net(2)\n"
)


@pytest.mark.parametrize(
    "choose",
    [
        "net.__dict__[args.arch]",
        "getattr(net, args.arch)",
        "vars(net)[args.arch]",
        "{'small': net.small, 'large': net.large}[args.arch]",
        "MODELS.get(args.arch)",
    ],
)
def test_a_builder_that_is_chosen_by_name(tmp_path: Path, choose: str) -> None:
    train = (
        "import argparse, net\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--arch', default='large')\nargs = parser.parse_args()\n"
        "MODELS = {'small': net.small, 'large': net.large}\n"
        f"model = {choose}(width=5)\n"
    )
    first = found(tmp_path, {"net.py": TWO, "train.py": train})[0]
    assert (first.callee, first.given) == ("large", (("width", ("5",)),))


def test_each_of_a_few_builders_is_given_what_its_own_name_means(tmp_path: Path) -> None:
    train = (
        "import net, yaml\nconfig = yaml.safe_load(open('base.yaml'))\n"
        "models = {'small': net.small, 'large': net.large}\n"
        "model = models[config['arch']](**config[config['arch']])\n"
    )
    base = "arch: large\nsmall:\n  width: 1\nlarge:\n  width: 2\n"
    candidates = found(tmp_path, {"net.py": TWO, "train.py": train, "base.yaml": base})
    given = {each.callee: each.given for each in reversed(candidates) if each.given}
    assert given["large"] == (("width", ("2",)),)
    assert given["small"] == (("width", ("1",)),)
    assert candidates[0].callee == "large"


def test_a_builder_in_a_file_that_never_says_torch(tmp_path: Path) -> None:
    builders = "from net import Net\ndef base_net(width=8):\n    return Net(1, width)\n"
    main = "import builders\nmodel = builders.base_net(width=6)\n"
    first = found(tmp_path, {"builders.py": builders, "main.py": main})[0]
    assert (first.name, first.given) == ("builders:base_net", (("width", ("6",)),))


def test_a_class_that_a_package_exports(tmp_path: Path) -> None:
    files = {
        "nets/net.py": NET,
        "nets/__init__.py": "from .net import Net as Network\n",
        "demo.py": "import nets\nmodel = nets.Network(3)\n",
        "net.py": "",
    }
    first = found(tmp_path, files)[0]
    assert (first.name, first.given) == ("nets.net:Net", (("config", ("3",)),))


# --------------------------------------------------------------------------------------- inputs


@pytest.mark.parametrize(
    ("use", "inputs"),
    [
        ("y = model(torch.randn(1, 3, 8, 8))", ("torch.randn(1, 3, 8, 8)",)),
        ("x = torch.zeros(2, 3).to('cuda')\nmodel(x)", ("torch.zeros(2, 3)",)),
        ("model.forward(torch.ones(2), scale=2)", ("torch.ones(2)", "scale=2")),
        ("torch.jit.trace(model, torch.rand(4))", ("torch.rand(4)",)),
        ("torch.onnx.export(model, (torch.rand(4), 3), 'm.onnx')", ("torch.rand(4)", "3")),
        ("torch.export.export(model, (torch.rand(4),))", ("torch.rand(4)",)),
        ("summary(model, (3, 8, 8))", ("torch.rand(1, 3, 8, 8)",)),
        ("x = torch.rand(2, dtype=torch.half)\nmodel([x])", ("[torch.rand(2, dtype=torch.half)]",)),
        (
            "s = torch.jit.script(model)\nmodel({'image': torch.rand(1)})",
            ("{'image': torch.rand(1)}",),
        ),
        ("model.load_state_dict(torch.load('w.pth'))\nmodel(torch.rand(9))", ("torch.rand(9)",)),
    ],
)
def test_what_a_script_calls_a_model_with(
    tmp_path: Path, use: str, inputs: tuple[str, ...]
) -> None:
    body = "\n".join(f"    {line}" for line in use.split("\n"))
    demo = f"import torch\nfrom net import Net\ndef main():\n    model = Net(1).cuda()\n{body}\n"
    assert found(tmp_path, {"demo.py": demo})[0].inputs[0][0] == inputs


def test_a_call_with_data_that_is_not_known_shows_nothing(tmp_path: Path) -> None:
    demo = "from net import Net\nmodel = Net(1)\nfor x in loader:\n    model(x)\n"
    assert found(tmp_path, {"demo.py": demo})[0].inputs == ()


# ------------------------------------------------------------------------------------ documents

CODE = "from net import Net\nmodel = Net(5)\nmodel(torch.rand(7))\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", f"```python\n{CODE}```\n"),
        ("examples/README.md", f"```py\n{CODE}```\n"),
        ("docs/usage.md", f"```\n{CODE}```\n"),
        ("docs/usage.rst", "Use it::\n\n" + "".join(f"    {c}\n" for c in CODE.splitlines())),
        (
            "docs/start.rst",
            ".. code-block:: python\n\n" + "".join(f"   {c}\n" for c in CODE.splitlines()) + "\n",
        ),
        (
            "demo.ipynb",
            json.dumps(
                {
                    "cells": [
                        {"cell_type": "markdown", "source": ["# Net(3)"]},
                        {"cell_type": "code", "source": ["!pip install torch\n", CODE]},
                    ]
                }
            ),
        ),
    ],
)
def test_a_document(tmp_path: Path, name: str, text: str) -> None:
    first = found(tmp_path, {name: text})[0]
    assert (first.given, first.inputs[0][0]) == ((("config", ("5",)),), ("torch.rand(7)",))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [{}]}'])
def test_a_notebook_that_is_none(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, {"demo.ipynb": text})[0].given == ()


# ------------------------------------------------------------------------ chosen by a text, wrapped


@pytest.mark.parametrize(
    "expression",
    [
        "eval('zoo.' + cfg.NAME + '.build')",
        "eval(f'zoo.{cfg.NAME}.build')",
        "eval('zoo.{}.build'.format(cfg.NAME))",
        "eval('zoo.%s.build' % cfg.NAME)",
    ],
)
def test_a_builder_that_a_text_names(tmp_path: Path, expression: str) -> None:
    small = "from net import Net\ndef build(depth):\n    return Net(depth)\n"
    files = {
        "train.py": f"import zoo\nfrom config import cfg\nmodel = {expression}(5)\n",
        "config.py": "NAME = 'large'\n",
        "zoo/__init__.py": "import zoo.small, zoo.large\n",
        "zoo/small.py": small,
        "zoo/large.py": small,
    }
    first = found(tmp_path, files)[0]
    assert (first.module, first.callee) == ("zoo.large", "build")
    assert dict(first.given) == {"depth": ("5",)}


def test_a_class_that_a_text_names(tmp_path: Path) -> None:
    train = "import net\ndef main(args):\n    return eval('net.' + args.arch)(3)\n"
    candidates = [c for c in found(tmp_path, {"train.py": train}) if c.callee == "Net"]
    assert ("config", ("3",)) in candidates[0].given


WRAPPED = """
from net import Net
import torch
from torch import nn
class Whole(nn.Module):
    def __init__(self, model, criterion):
        super().__init__()
        self.model, self.criterion = model, criterion
    def forward(self, x, y):
        return self.criterion(self.model(x), y)
def main(data):
    model = data.build()
    model = Whole(
        model, nn.L1Loss())
    model = nn.DataParallel(model)
"""


def test_what_is_wrapped_is_not_said_by_what_wraps_it(tmp_path: Path) -> None:
    whole = next(c for c in found(tmp_path, {"train.py": WRAPPED}) if c.callee == "Whole")
    assert dict(whole.given) == {"criterion": ("torch.nn.L1Loss()",)}


def test_what_trains_a_network_does_not_make_it_a_part(tmp_path: Path) -> None:
    zoo = "import torch\nfrom net import Net\ndef build(depth):\n    return Net(depth)\n"
    train = WRAPPED.replace("data.build()", "build(1)")
    files = {"zoo.py": zoo, "train.py": f"from zoo import build\n{train}"}
    builder = next(c for c in found(tmp_path, files) if c.callee == "build")
    assert builder.is_whole
    files["train.py"] = files["train.py"].replace("criterion", "head")
    builder = next(c for c in found(tmp_path, files) if c.callee == "build")
    assert not builder.is_whole


# -------------------------------------------------------------------------------------- inputs


def test_what_one_call_shows_goes_for_all_that_build_it(tmp_path: Path) -> None:
    files = {
        "train.py": "from net import Net\nmodel = Net(config=19)\n",
        "look.py": "import torch\nfrom net import Net\nmodel = Net(19)\nmodel.cuda()\n"
        "x = torch.rand(1, 3).cuda()\nmodel(x)\n",
    }
    first = found(tmp_path, files)[0]
    assert dict(first.given) == {"config": ("19",)}
    assert [texts for texts, _ in first.inputs] == [("torch.rand(1, 3)",)]


def test_what_a_model_is_called_with_where_it_is_built_so_comes_first(tmp_path: Path) -> None:
    look = "import torch\nfrom net import Net\nmodel = Net({0})\nmodel(torch.rand({0}))\n"
    files = {"train.py": "from net import Net\nmodel = Net(3)\n"}
    files |= {f"look{depth}.py": look.format(depth) for depth in (1, 2, 3)}
    shown = {dict(c.given).get("config"): c.inputs for c in found(tmp_path, files)}
    assert next(texts for texts, _ in shown[("3",)]) == ("torch.rand(3)",)
    assert next(texts for texts, _ in shown[("2",)]) == ("torch.rand(2)",)
    assert len(shown[("2",)]) == len(shown[None]) == 3


@pytest.mark.parametrize(
    "use",
    [
        "writer.add_graph(model, torch.rand(1, 3))",
        "print(count(model.cuda().eval(), x.cuda()))",
        "summarize(model, x)",
    ],
)
def test_a_tensor_that_somebody_else_is_to_call_the_model_with(tmp_path: Path, use: str) -> None:
    train = f"import torch\nfrom net import Net\nmodel = Net(1)\nx = torch.rand(1, 3)\n{use}\n"
    first = found(tmp_path, {"train.py": train})[0]
    assert [texts for texts, _ in first.inputs] == [("torch.rand(1, 3)",)]


def test_an_optimizer_is_no_input(tmp_path: Path) -> None:
    train = "import torch\nfrom net import Net\nmodel = Net(1)\n"
    train += "o = torch.optim.SGD(model.parameters(), 1)\nfit(model, o)\n"
    assert not found(tmp_path, {"train.py": train})[0].inputs


def test_a_model_that_is_built_beside_others(tmp_path: Path) -> None:
    build = "from net import Net\ndef inner(n):\n    return Net(n), 1\n"
    build += "def build(n):\n    return inner(n)\n"
    train = "import torch\nfrom made import build\nmodel, loss = build(4)\nmodel(torch.rand(2))\n"
    first = found(tmp_path, {"made.py": build + "import torch\n", "train.py": train})[0]
    assert (first.callee, first.item) == ("build", "[0]")
    assert [texts for texts, _ in first.inputs] == [("torch.rand(2)",)]
