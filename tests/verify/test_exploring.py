"""Models that nobody described: what they are built with and what they run on is found by trying,
in the real worker. Each situation is a module of one project, explored at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from torchscript_fix.cases.candidates import Candidate
from torchscript_fix.cases.gather import gather
from torchscript_fix.cases.settings import Settings
from torchscript_fix.facts.static import Project
from torchscript_fix.verify import exploring
from torchscript_fix.verify.exploring import Explored, Exploring
from torchscript_fix.verify.messages import Messages
from torchscript_fix.verify.verdict import Outcome
from torchscript_fix.verify.verifier import Budget, Limits, Verifier

HEAD = """\
import torch
from torch import nn
import torch.nn.functional as F
"""


def net(init: str, forward: str, parameters: str = "", call: str = "x", name: str = "Net") -> str:
    """A Module of one or more lines each."""
    lines = [
        f"class {name}(nn.Module):",
        f"    def __init__(self{parameters and ', '}{parameters}):",
    ]
    lines += [f"        {line}" for line in ("super().__init__()", *init.splitlines())]
    lines += [f"    def forward(self, {call}):"]
    lines += [f"        {line}" for line in forward.splitlines()]
    return "\n".join(lines) + "\n"


CONV = "self.conv = nn.Conv2d(1, 4, 3)"


@dataclass(frozen=True)
class Situation:
    """A module, and words that what is found for it must have; with `why_not`, nothing is."""

    name: str
    code: str
    target: str = "Net()"
    inputs: tuple[str, ...] = ()
    why_not: str = ""


SITUATIONS = (
    Situation(
        "grey_images", net(CONV, "return self.conv(x)"), inputs=("torch.rand(2, 1, 64, 64)",)
    ),
    Situation(
        "side_fixed_by_a_linear_layer",
        net(
            f"{CONV}\nself.fc = nn.Linear(4 * 26 * 26, 10)",
            "x = self.conv(x)\nreturn self.fc(x.view(x.size(0), -1))",
        ),
        inputs=("torch.rand(2, 1, 28, 28)",),
    ),
    Situation(
        "side_asserted",
        net(
            "self.conv = nn.Conv2d(3, 4, 3)", "assert (x.size(2) - 1) % 8 == 0\nreturn self.conv(x)"
        ),
        inputs=("torch.rand(2, 3, 65, 65)",),
    ),
    Situation(
        "side_named_by_the_model",
        net(
            "self.img_size = 44\nself.conv = nn.Conv2d(3, 4, 3)",
            "assert x.shape[-1] == self.img_size\nreturn self.conv(x)",
        ),
        inputs=("torch.rand(2, 3, 44, 44)",),
    ),
    Situation(
        "words",
        net(
            "self.embed = nn.Embedding(7, 4)\nself.out = nn.Linear(4, 2)",
            "return self.out(self.embed(text))",
            call="text",
        ),
        inputs=("torch.randint(0, 7, (2, 16))",),
    ),
    Situation(
        "recurrent_with_lengths",
        net(
            "self.embed = nn.Embedding(20, 8)\nself.gru = nn.GRU(8, 8, batch_first=True)",
            "packed = nn.utils.rnn.pack_padded_sequence(self.embed(x), lengths, batch_first=True)\n"
            "return self.gru(packed)[1]",
            call="x, lengths",
        ),
        inputs=("torch.randint(0, 20, (2, 16))", "torch.full((2,), 16)"),
    ),
    Situation(
        "graph_convolution",
        net(
            "self.weight = nn.Parameter(torch.rand(n_features, n_classes))",
            "return torch.spmm(adj, torch.mm(x, self.weight))",
            "n_features, n_classes",
            "x, adj",
        ),
        "n_features=",
        ("torch.rand(16, ", "torch.rand(16, 16)"),
    ),
    Situation(
        "encoder_and_decoder",
        net(
            "self.source = nn.Embedding(30, 16)\nself.target = nn.Embedding(40, 16)\n"
            "self.transformer = nn.Transformer(16, 2, 1, 1, 32)",
            "return self.transformer(self.source(src), self.target(tgt))",
            call="src, tgt",
        ),
        inputs=("torch.randint(0, 30,", "torch.randint(0, 40,"),
    ),
    Situation(
        "query_key_and_value",
        net(
            "self.heads = 4\nself.proj = nn.Linear(32, 32)",
            "n, t, c = query.shape\nq = self.proj(query).view(n, t, 4, 8)\n"
            "k = self.proj(key).reshape(n, key.shape[1], 4, 8)\n"
            "return torch.einsum('nqhd,nkhd->nhqk', q, k) @ value[:, None]",
            call="query, key, value",
        ),
        inputs=("torch.rand(2, 16, 32)",) * 2,
    ),
    Situation(
        "image_and_label_joined",
        net(
            "self.conv = nn.Conv2d(3 + 5, 4, 3)",
            "c = c.view(c.size(0), c.size(1), 1, 1).repeat(1, 1, x.size(2), x.size(3))\n"
            "return self.conv(torch.cat([x, c], dim=1))",
            call="x, c",
        ),
        inputs=("torch.rand(2, ", "torch.rand(2, "),
    ),
    Situation(
        "settings_object",
        net(
            "self.fc = nn.Linear(args.hidden_dim, args.num_classes)",
            "return self.fc(x)",
            "args",
        ),
        "Net(args=__import__('argparse').Namespace(hidden_dim=24, num_classes=10))",
        ("torch.rand(2, 24)",),
    ),
    Situation(
        "settings_dictionary",
        net("self.fc = nn.Linear(cfg['width_of_file'], 2)", "return self.fc(x)", "cfg"),
        "Net(cfg={'width_of_file': 12})",
        ("torch.rand(2, 12)",),
    ),
    Situation(
        "sections_of_settings",
        net(
            "self.conv = nn.Conv2d(cfg.FIRST.CHANNELS, cfg.SECOND['CHANNELS'], 1)\n"
            "assert not hasattr(cfg.SECOND, 'OTHER')",
            "assert self.conv.weight.shape[0] == 7\nreturn self.conv(x)",
            "cfg",
        ),
        "Net(cfg=__import__('argparse').Namespace(FIRST=",
        ("torch.rand(2, 5, 64, 64)",),
    ),
    Situation(
        "section_that_is_called_like_a_value",
        net("self.fc = nn.Linear(sum(cfg.third.more), 2)", "return self.fc(x)", "cfg"),
        "Net(cfg=__import__('argparse').Namespace(third=",
        ("torch.rand(2, 3)",),
    ),
    Situation(
        "class_numbers_of_a_scatter",
        net(
            CONV,
            "x = self.conv(x)\nseen = torch.zeros(x.size(0), 9).scatter_(1, words_of(y), 1.0)\n"
            "return x.mean((2, 3)), seen",
            call="x, y",
        )
        + "def words_of(y):\n    return y\n",
        inputs=("torch.rand(2, 1, 64, 64)", "torch.randint(0, "),
    ),
    Situation(
        "shortcut_of_a_block",
        net(
            "self.conv = nn.Conv2d(in_planes, planes, 3, padding=1)",
            "return F.relu(self.conv(x) + x)",
            "in_planes, planes",
        ),
        "Net(in_planes=64, planes=64)",
        ("torch.rand(2, 64, 64, 64)",),
    ),
    Situation(
        "several_feature_maps",
        net(
            "self.convs = nn.ModuleList([nn.Conv2d(3, 4, 1) for _ in range(3)])",
            "return [conv(features[i]) for i, conv in enumerate(self.convs)]",
            call="features: List[torch.Tensor]",
        ).replace("class Net", "from typing import List\nclass Net"),
        inputs=("[torch.rand(2, 3, 64, 64), ",),
    ),
    Situation(
        "pretrained_switched_off",
        net(
            "if pretrained:\n    torch.hub.load_state_dict_from_url('https://example.org/a.pth')\n"
            + CONV,
            "return self.conv(x)",
            "pretrained=True",
        ),
        "Net(pretrained=False)",
        ("torch.rand(2, 1, 64, 64)",),
    ),
    Situation(
        "pretrained_switched_off_in_a_dictionary",
        net(
            "if cfg['pretrain']:\n    torch.hub.load('example/a', 'a')\n" + CONV,
            "return self.conv(x)",
            "cfg",
        )
        + "def build():\n    return Net({'pretrain': True, 'shared': True})\n",
        "Net(cfg={'pretrain': False, 'shared': True})",
        ("torch.rand(2, 1, 64, 64)",),
    ),
    Situation(
        "download_that_no_flag_names",
        net(
            f"{CONV}\nw = torch.hub.load_state_dict_from_url('https://example.org/b.pth')\n"
            "self.load_state_dict(w)",
            "return self.conv(x)",
        ),
        inputs=("torch.rand(2, 1, 64, 64)",),
    ),
    Situation(
        "a_whole_model_to_be_downloaded",
        net("self.b = torch.hub.load('example/b', 'b')", "return x"),
        why_not="needs a download of https://github.com/example/b",
    ),
    Situation(
        "dictionary_as_input",
        net(CONV, "return self.conv(batch['image'] + batch.get('noise'))", call="batch"),
        inputs=("{'image': torch.rand(",),
    ),
    Situation(
        "dictionary_that_a_method_takes_items_of",
        net(CONV, "return self.encode(batch) * scale", call="batch, scale")
        + "    def encode(self, batch):\n        return self.conv(batch['image'])\n",
        inputs=("{'image': torch.rand(2, 1, 64, 64)}", ""),
    ),
    Situation(
        "nothing_that_can_be_called",
        net("self.a = nn.Linear(2, 2)", "return x")
        .replace("    def forward(self, x):\n        return x\n", "")
        .replace("class Net", "class Held")
        + "def build():\n    return Held()\n",
        why_not="what is built has no forward",
    ),
    Situation(
        "tuple_that_is_unpacked",
        net(
            f"{CONV}\nself.embed = nn.Embedding(9, 4)",
            "image, tokens = batch\n"
            "x = self.conv(image).mean((2, 3)) * scale\nreturn x + self.embed(tokens).sum(1)",
            call="scale, batch",
        ),
        inputs=("1", "(torch.rand(2, 1, 64, 64), torch.randint(0, 9, (2, 16)))"),
    ),
    Situation(
        "dictionary_whose_keys_are_not_shown",
        net(CONV, "return [self.conv(x) for _, x in batch.items()]", call="batch"),
        why_not="wants a dictionary whose keys its forward does not show",
    ),
    Situation(
        "inputs_of_a_script",
        net(CONV, "assert x.shape[2:] == (37, 41)\nreturn self.conv(x)")
        + "if __name__ == '__main__':\n    model = Net()\n"
        + "    torch.onnx.export(model, torch.zeros(1, 1, 37, 41), 'net.onnx')\n",
        inputs=("torch.zeros(1, 1, 37, 41)",),
    ),
    Situation(
        "guess_inside_of_an_argument",
        "class Config:\n    def __init__(self, vocab_size):\n        self.size = vocab_size\n"
        + net("self.fc = nn.Linear(config.size, 3)", "return self.fc(x)", "config")
        + "def build(data):\n    return Net(Config(data.count_words()))\n",
        "Net(config=Config(100))",
        ("torch.rand(2, 100)",),
    ),
    Situation(
        "size_that_may_not_be_left_out",
        net(
            CONV,
            "return F.interpolate(self.conv(batch['image']), size=segSize)",
            call="batch, *, segSize=None",
        ),
        inputs=("{'image': torch.rand(2, 1, 64, 64)}", "segSize=(64, 64)"),
    ),
    Situation(
        "longest_of_the_lengths",
        net(
            "self.embed = nn.Embedding(9, 4)",
            "mask = torch.arange(0, max_src_len)[None] < src_lens[:, None]\n"
            "return self.embed(texts) * mask[..., None]",
            call="texts, src_lens, max_src_len",
        ),
        inputs=("torch.randint(0, 9, (2, 16))", "torch.full((2,), 16)", "16"),
    ),
    Situation(
        "method_in_place_of_forward",
        net("self.fc = nn.Linear(5, 3)", "raise NotImplementedError", call="x, y")
        + "    def act(self, observed):\n        return self.fc(observed)\n"
        + "def play(agent, observed):\n    return agent.act(observed)\n",
        "[_model := Net(), setattr(_model, 'forward', _model.act), _model][-1]",
        ("torch.rand(2, 5)",),
    ),
    Situation(
        "object_as_input",
        net(CONV, "return self.conv(samples.tensors)", call="samples"),
        why_not="an object of some other class",
    ),
    Situation(
        "process_that_ends",
        net("import os\nos._exit(3)", "return x"),
        why_not="its process ended (exit 3)",
    ),
    Situation(
        "package_that_is_not_installed",
        "import no_such_package\n" + net(CONV, "return self.conv(x)"),
        why_not="No module named 'no_such_package'",
    ),
    Situation(
        "layers_of_torch_alone",
        "def build_net():\n    return nn.Sequential(nn.Conv2d(1, 2, 3))\n",
        why_not="no part of it is defined under the path",
    ),
)

MAIN = """\
import argparse
import torch
parser = argparse.ArgumentParser()
parser.add_argument('--hidden_dim', type=int, default=24)
"""


def explore(
    root: Path, texts: dict[str, str], budget: Budget, jobs: int | None = None
) -> list[Explored]:
    return explored_and_ended(root, texts, budget, jobs)[0]


def explored_and_ended(
    root: Path, texts: dict[str, str], budget: Budget, jobs: int | None = None
) -> tuple[list[Explored], tuple[str, ...]]:
    """What was found, and what a time limit ended."""
    project = Project()
    for name, text in texts.items():
        path = root / f"{name}.py"
        path.write_text(text)
        project.add(path, name, text)
    paths = {path: file.text for path, file in project.files.items()}
    gathered = gather(project, paths, root)
    with Verifier(root, tuple(paths), limits=Limits(seconds=60), jobs=jobs) as verifier:
        found = verifier.explore(gathered.candidates, gathered.settings, budget)
        cases = [each.case for each in found if each.case is not None]
        outcomes = {verdict.outcome for verdict in verifier.verify(cases, {})}
        # What is found to run does run, wherever it then gets stuck.
        assert not outcomes & {Outcome.CANNOT_BUILD, Outcome.CANNOT_RUN, Outcome.CRASHED}
        return found, verifier.time_limits


YAML = """\
model:
  width_of_file: 12
FIRST:
  CHANNELS: 5
SECOND:
  CHANNELS: 7
  SECOND: name
third:
  more: [1, 2]
other:
  third: text
"""


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Explored]]:
    root = tmp_path_factory.mktemp("situations")
    (root / "net.yaml").write_text(YAML)
    texts = {each.name: HEAD + each.code for each in SITUATIONS} | {"main": MAIN}
    by_module: dict[str, list[Explored]] = {each.name: [] for each in SITUATIONS}
    for each in explore(root, texts, Budget(work=300, each=10)):
        by_module[each.candidate.module].append(each)
    return by_module


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_what_is_found(situation: Situation, explored: dict[str, list[Explored]]) -> None:
    answers = explored[situation.name]
    cases = [each.case for each in answers if each.case is not None]
    reasons = [each.why_not for each in answers if each.case is None]
    if situation.why_not:
        assert not cases
        assert any(situation.why_not in reason for reason in reasons), reasons
        return
    assert len(cases) == 1, reasons
    [case] = cases
    assert situation.target in case.target
    assert case.inputs is not None and len(case.inputs) >= len(situation.inputs)
    for words, text in zip(situation.inputs, case.inputs, strict=False):
        assert words in text, case.inputs
    assert case.how


def test_parts_of_a_model_that_runs_are_not_explored_again(tmp_path: Path) -> None:
    block = net(CONV, "return self.conv(x)", name="Block")
    whole = net("self.block = Block()", "return self.block(x)")
    found = explore(tmp_path, {"net": HEAD + block + whole}, Budget(each=10))
    assert [each.case.target for each in found if each.case is not None] == ["net:Net()"]


def test_the_same_model_by_a_class_and_by_a_builder_is_one_case(tmp_path: Path) -> None:
    builders = "def small():\n    return Net()\ndef large():\n    return Net()\n"
    found = explore(
        tmp_path, {"net": HEAD + net(CONV, "return self.conv(x)") + builders}, Budget(each=10)
    )
    assert sum(each.case is not None for each in found) == 1


def test_another_configuration_of_a_class_is_a_case_of_its_own(tmp_path: Path) -> None:
    text = HEAD + net(CONV + "\nself.deep = deep", "return self.conv(x)", "deep=False")
    text += "def small():\n    return Net()\ndef large():\n    return Net(deep=True)\n"
    found = explore(tmp_path, {"net": text}, Budget(each=10))
    assert sum(each.case is not None for each in found) == 2


def test_no_more_cases_than_asked_for(tmp_path: Path) -> None:
    texts = {f"net{n}": HEAD + net(CONV, "return self.conv(x)") for n in range(4)}
    found = explore(tmp_path, texts, Budget(cases=2, each=10))
    assert sum(each.case is not None for each in found) == 2


def test_without_work_to_spend_nothing_is_tried_and_no_clock_is_blamed(tmp_path: Path) -> None:
    text = HEAD + net(CONV, "return self.conv(x)")
    assert explored_and_ended(tmp_path, {"net": text}, Budget(work=0)) == ([], ())


def test_the_time_for_all_of_it_is_over(tmp_path: Path) -> None:
    text = HEAD + net(CONV, "return self.conv(x)")
    found, ended = explored_and_ended(tmp_path, {"net": text}, Budget(seconds=0))
    assert (found, ended) == ([], ("exploring as a whole (0 s)",))


def test_what_hangs_is_ended_and_the_clock_is_told(tmp_path: Path) -> None:
    hangs = net("self.last = None", "while True:\n    self.last = x", name="Hangs")
    text = HEAD + hangs + net(CONV, "return self.conv(x)")
    budget = Budget(each=10, seconds_each=12)
    found, ended = explored_and_ended(tmp_path, {"net": text}, budget)
    assert {each.candidate.name: each.time_limit for each in found} == {
        "net:Hangs": 12.0,
        "net:Net": None,
    }
    [hung] = [each for each in found if each.time_limit]
    assert hung.why_not == "it was ended by the time limit of 12 s"
    assert hung.work >= 10  # all that there was for it
    assert ended == ("exploring net:Hangs (12 s)",)


FAST_CLOCK = """\
import time
for _name in ("monotonic", "perf_counter", "time"):
    setattr(time, _name, lambda _real=getattr(time, _name): _real() * 1000)
"""


def told(found: list[Explored]) -> list[tuple[str, object, str, float]]:
    return [
        (each.candidate.callee, each.case and each.case.inputs, each.why_not, each.work)
        for each in found
    ]


def test_a_clock_that_runs_a_thousand_times_as_fast_changes_nothing(tmp_path: Path) -> None:
    side = net(
        f"{CONV}\nself.fc = nn.Linear(4 * 26 * 26, 10)",
        "x = self.conv(x)\nreturn self.fc(x.view(x.size(0), -1))",
        name="Side",
    )
    wants = net(CONV, "return self.conv(samples.tensors)", call="samples", name="Wants")
    heavy = net(
        "self.fc = nn.Linear(512, 512)",
        "for _ in range(100_000):\n    x = self.fc(x)\nreturn x",
        name="Heavy",
    )
    answers = []
    for name, clock in (("usual", ""), ("fast", FAST_CLOCK)):
        (tmp_path / name).mkdir()
        texts = {"net": clock + HEAD + side + wants + heavy}
        answers.append(explored_and_ended(tmp_path / name, texts, Budget(each=2)))
    (usual, usual_ended), (fast, fast_ended) = answers
    assert told(usual) == told(fast)
    assert usual_ended == fast_ended == ()
    assert [each.case is not None for each in usual] == [True, False, False]
    assert all(0.01 < each.work < 30 for each in usual)


def test_as_much_is_explored_by_one_lane_as_by_three(tmp_path: Path) -> None:
    texts = {
        f"net{n}": HEAD + net(f"{CONV}\nself.n = '{n}'", "return self.conv(x)") for n in range(10)
    }
    found = []
    for jobs in (1, 3):
        (tmp_path / str(jobs)).mkdir()
        found.append(explore(tmp_path / str(jobs), texts, Budget(work=0.001), jobs))
    one, three = map(told, found)
    assert one == three
    assert len(one) == exploring.BATCHES_AT_ONCE  # and then the budget was spent


def test_a_module_that_cannot_be_imported_is_not_tried_again() -> None:
    asked: list[list[str]] = []

    def each(batches: Any, _: Any) -> list[list[Explored]]:
        asked.append([batch.module for batch in batches])
        return [
            [Explored(c, None, "no such package", 1.0, refused=True) for c in batch.candidates]
            for batch in batches
        ]

    modules = [f"m{number}" for number in range(exploring.BATCHES_AT_ONCE)]
    candidates = [
        Candidate(module, f"Net{number}", rank=4.0)
        for module in modules
        for number in range(exploring.AT_ONCE + 1)
    ]
    messages = Messages(Path("/x"), ["/x"])
    search = Exploring(each, lambda _: None, messages, Settings(), Budget(), lambda _: None)
    found = search.run(candidates)
    assert [one for many in asked for one in many] == modules
    assert len(found) == len(candidates)
    assert {one.why_not for one in found} == {"no such package"}
