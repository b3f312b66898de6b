"""Wrong rewrites that compile, each with its honest twin.

A plant is an original that does not script, the honest rewrite that mends it, and a mistake made in
the honest rewrite's text. What tells the mistake from the honest text is all that is judged.
"""

from dataclasses import dataclass

from tests.verify.models import LINEAR, TWO, net
from torchscript_fix.verify.verdict import Outcome

Change = tuple[str, str]

CHANGED, CHECKPOINT = Outcome.BEHAVIOUR_CHANGED, Outcome.CHECKPOINT_CHANGED
FAILING = Outcome.STILL_FAILING


@dataclass(frozen=True)
class Plant:
    """An original, the honest rewrite, the same with a mistake, and how the mistake comes out."""

    name: str
    original: str
    honest: str
    wrong: str
    outcome: Outcome
    words: str
    inputs: tuple[str, ...]


def plant(  # noqa: PLR0917  # in the order in which they are told
    name: str,
    original: str,
    mending: Change | list[Change],
    mistake: Change | list[Change],
    outcome: Outcome,
    words: str,
    inputs: tuple[str, ...] = ("torch.rand(2, 3)",),
) -> Plant:
    honest = changed(name, original, mending)
    wrong = changed(name, honest, mistake)
    return Plant(name, original, honest, wrong, outcome, words, inputs)


def changed(name: str, text: str, changes: Change | list[Change]) -> str:
    for old, new in [changes] if isinstance(changes, tuple) else changes:
        assert text.count(old) == 1, (name, old, text.count(old))
        text = text.replace(old, new)
    return text


def loop(
    *,
    before: str = "pass",
    after: str = "pass",
    init: str = "pass",
    layer: str = "nn.Linear(3, 3)",
    arguments: str = "x",
    head: str = "",
) -> str:
    """A model that indexes its layers by a variable, with lines of one's own round the loop."""
    return net(
        f"self.fcs = nn.ModuleList([{layer} for _ in range(2)]) ; {init}",
        f"{before} ; for i in range(len(self.fcs)): ;     x = self.fcs[i](x) ; {after} ; return x",
        arguments,
        head,
    )


OVER_LAYERS = (
    "for i in range(len(self.fcs)):\n            x = self.fcs[i](x)",
    "for fc in self.fcs:\n            x = fc(x)",
)
OPTIONAL = ("y=None", "y: Optional[torch.Tensor] = None")
F = "import torch.nn.functional as F\n"

PLANTS = [
    plant(
        "arguments-are-swapped",
        net(LINEAR, "return torch.sub(self.fc(x), ys[0])", "x, *ys"),
        [("*ys", "y"), ("ys[0]", "y")],
        ("torch.sub(self.fc(x), y)", "torch.sub(y, self.fc(x))"),
        CHANGED,
        "output: 6 of 6 numbers differ",
        TWO,
    ),
    plant(
        "a-branch-is-dropped",
        loop(after="if x.dim() == 2: ;     x = x.unsqueeze(0)"),
        OVER_LAYERS,
        ("if x.dim() == 2:\n            x = x.unsqueeze(0)", "pass"),
        CHANGED,
        "shape",
    ),
    plant(
        "a-branch-for-training-is-dropped",
        loop(after="if self.training: ;     x = x * 2"),
        OVER_LAYERS,
        ("if self.training:\n            x = x * 2", "pass"),
        CHANGED,
        "in train()",
    ),
    plant(
        "a-branch-for-the-omitted-argument-is-dropped",
        net(LINEAR, "if y is None: ;     y = torch.ones(3) ; return self.fc(x) + y", "x, y=None"),
        [OPTIONAL],
        ("y = torch.ones(3)", "y = torch.zeros(3)"),
        CHANGED,
        "output without y",
        TWO,
    ),
    plant(
        "a-default-is-another",
        net(LINEAR, "return self.fc(x) * scale", "x, scale=2.0"),
        ("scale=2.0", "scale: float = 2.0"),
        ("2.0", "3.0"),
        CHANGED,
        "output",
    ),
    plant(
        "a-default-that-the-case-does-not-use-is-another",
        net(LINEAR, "return self.fc(x) * scale", "x, scale=2.0"),
        ("scale=2.0", "scale: float = 2.0"),
        ("2.0", "3.0"),
        CHANGED,
        "output without scale",
        ("torch.rand(2, 3)", "0.5"),
    ),
    plant(
        "layers-run-in-another-order",
        loop(),
        OVER_LAYERS,
        (
            "for fc in self.fcs:\n            x = fc(x)",
            "x = self.fcs[0](self.fcs[1](x))",
        ),
        CHANGED,
        "output",
    ),
    plant(
        "layers-that-begin-alike-change-places",
        loop(
            init="self.a = nn.LayerNorm(3) ; self.b = nn.LayerNorm(3)",
            after="x = self.a(x) - 2 * self.b(x)",
        ),
        OVER_LAYERS,
        ("self.a(x) - 2 * self.b(x)", "self.b(x) - 2 * self.a(x)"),
        CHANGED,
        "in train()",
    ),
    plant(
        "buffers-that-begin-alike-change-places",
        loop(
            init="self.register_buffer('a', torch.ones(3)) ; "
            "self.register_buffer('b', torch.ones(3))",
            after="x = x * self.a - 2 * self.b",
        ),
        OVER_LAYERS,
        ("x * self.a - 2 * self.b", "x * self.b - 2 * self.a"),
        CHANGED,
        "in train()",
    ),
    plant(
        "one-random-draw-more-while-building",
        loop(init="self.last = nn.Linear(3, 3)"),
        OVER_LAYERS,
        ("self.last =", "torch.rand(1)\n        self.last ="),
        CHANGED,
        "last.weight",
    ),
    plant(
        "one-random-draw-more-behind-the-last-layer",
        loop(),
        OVER_LAYERS,
        ("pass\n    def", "torch.rand(1)\n    def"),
        CHANGED,
        "random numbers",
    ),
    plant(
        "one-random-draw-more-in-forward",
        loop(),
        OVER_LAYERS,
        ("pass\n        return", "torch.rand(1)\n        return"),
        CHANGED,
        "random numbers",
    ),
    plant(
        "layers-are-made-in-another-order",
        loop(
            init="self.a = nn.Linear(3, 3) ; self.b = nn.Linear(3, 3)",
            after="x = self.a(x) - self.b(x)",
        ),
        OVER_LAYERS,
        (
            "self.a = nn.Linear(3, 3)\n        self.b = nn.Linear(3, 3)",
            "b = nn.Linear(3, 3)\n        self.a = nn.Linear(3, 3)\n        self.b = b",
        ),
        CHANGED,
        "other numbers",
    ),
    plant(
        "a-method-is-hidden-from-the-compiler",
        loop().replace(
            "    def forward", "    def last(self, x):\n        return x\n    def forward"
        ),
        [
            OVER_LAYERS,
            ("return x\n    def", "return x + 0\n    def"),
            ("pass\n        return x", "return self.last(x)"),
        ],
        ("    def last", "    @torch.jit.ignore\n    def last"),
        FAILING,
        "Could not export Python function",
    ),
    plant(
        "a-method-is-called-unused",
        loop().replace(
            "    def forward", "    def last(self, x):\n        return x\n    def forward"
        ),
        [
            OVER_LAYERS,
            ("return x\n    def", "return x + 0\n    def"),
            ("pass\n        return x", "return self.last(x)"),
        ],
        ("    def last", "    @torch.jit.unused\n    def last"),
        FAILING,
        "",
    ),
    plant(
        "a-gradient-is-detached",
        loop(after="x = x * x"),
        OVER_LAYERS,
        ("x * x", "x * x.detach()"),
        CHANGED,
        "gradient of",
    ),
    plant(
        "the-gradient-of-the-input-is-detached",
        loop(before="x = x * 2"),
        OVER_LAYERS,
        ("x * 2", "x.detach() * 2"),
        CHANGED,
        "gradient of",
    ),
    plant(
        "no-gradient-at-all",
        loop(),
        OVER_LAYERS,
        ("    def forward", "    @torch.no_grad()\n    def forward"),
        CHANGED,
        "gradient of",
    ),
    plant(
        "a-zip-that-is-truncated",
        loop(
            after="for n in range(3): ;     y = ys[n] if n < len(ys) else x ;     x = x + y",
            arguments="x, ys: List[torch.Tensor]",
        ),
        OVER_LAYERS,
        (
            "for n in range(3):\n            y = ys[n] if n < len(ys) else x\n",
            "for n, y in zip(range(3), ys):\n",
        ),
        CHANGED,
        "output",
        ("torch.rand(2, 3)", "[torch.rand(2, 3)]"),
    ),
    plant(
        "a-constant-is-another",
        loop(init="self.layer = nn.LayerNorm(3, eps=1e-5)", after="x = self.layer(x)"),
        OVER_LAYERS,
        ("eps=1e-5", "eps=1e-6"),
        CHANGED,
        "numbers differ",
    ),
    plant(
        "a-constant-is-another-when-compiled",
        loop(after="eps = 1e-5 ; x = x / (x.norm() + eps)"),
        OVER_LAYERS,
        ("eps = 1e-5", "eps = 1e-6 if torch.jit.is_scripting() else 1e-5"),
        FAILING,
        "not that of the original",
    ),
    plant(
        "a-dropout-is-dropped",
        loop(init="self.drop = nn.Dropout(0.5)", after="x = self.drop(x)"),
        OVER_LAYERS,
        ("x = self.drop(x)", "pass"),
        CHANGED,
        "in train()",
    ),
    plant(
        "a-dropout-in-training-for-ever",
        loop(head=F, after="x = F.dropout(x, 0.5, self.training)"),
        OVER_LAYERS,
        [
            ("0.5, self.training", "0.5, self.is_training"),
            ("super().__init__()", "super().__init__()\n        self.is_training = self.training"),
        ],
        CHANGED,
        "output",
    ),
    plant(
        "a-dropout-that-never-trains",
        loop(head=F, after="x = F.dropout(x, 0.5, self.training)"),
        OVER_LAYERS,
        ("self.training)", "False)"),
        CHANGED,
        "in train()",
    ),
    plant(
        "it-works-in-place-on-the-input",
        loop(before="x = x + 1"),
        OVER_LAYERS,
        ("x = x + 1", "x += 1"),
        CHANGED,
        "arguments after the call",
    ),
    plant(
        "a-buffer-is-renamed",
        loop(init="self.register_buffer('mean', torch.ones(3))", after="x = x - self.mean"),
        OVER_LAYERS,
        [("'mean'", "'average'"), ("self.mean", "self.average")],
        CHECKPOINT,
        "mean: 1 keys are gone",
    ),
    plant(
        "a-buffer-is-no-longer-saved",
        loop(init="self.register_buffer('mean', torch.ones(3))", after="x = x - self.mean"),
        OVER_LAYERS,
        ("torch.ones(3))", "torch.ones(3), persistent=False)"),
        CHECKPOINT,
        "mean: 1 keys are gone",
    ),
    plant(
        "a-parameter-becomes-a-buffer",
        loop(init="self.gain = nn.Parameter(torch.ones(3))", after="x = x * self.gain"),
        OVER_LAYERS,
        (
            "self.gain = nn.Parameter(torch.ones(3))",
            "self.register_buffer('gain', torch.ones(3))",
        ),
        CHANGED,
        "gradient of gain",
    ),
    plant(
        "a-state-is-loaded-into-another-layer",
        loop(),
        OVER_LAYERS,
        (
            "    def forward",
            "    def _load_from_state_dict(self, state, prefix, *rest):\n"
            "        ours = [k for k in state if k.startswith(prefix + 'fcs')]\n"
            "        values = [state[k].clone() for k in ours]\n"
            "        state.update(zip(ours, values[2:] + values[:2]))\n"
            "        super()._load_from_state_dict(state, prefix, *rest)\n"
            "    def forward",
        ),
        CHANGED,
        "output",
    ),
    plant(
        "it-keeps-its-first-answer",
        loop(),
        OVER_LAYERS,
        [
            ("nn.Module):", "nn.Module):\n    kept: List[torch.Tensor]\n"),
            ("super().__init__()", "super().__init__()\n        self.kept = []"),
            (
                "pass\n        for",
                "if len(self.kept) > 0:\n            return self.kept[0]\n        for",
            ),
            ("pass\n        return x", "self.kept.append(x)\n        return x"),
        ],
        CHANGED,
        "with other numbers",
    ),
    plant(
        "it-is-right-in-the-first-run-only",
        loop(),
        OVER_LAYERS,
        [
            ("super().__init__()", "super().__init__()\n        self.runs = 0"),
            ("pass\n        for", "self.runs += 1\n        for"),
            ("pass\n        return x", "return x if self.runs == 1 else x + 1"),
        ],
        CHANGED,
        "output of run 2",
    ),
    plant(
        "it-is-right-where-it-is-verified",
        loop(),
        OVER_LAYERS,
        [
            (
                "class Net",
                "import sys\n"
                "PROVED = any(m.startswith('torchscript_fix') for m in sys.modules)\n"
                "class Net",
            ),
            ("super().__init__()", "super().__init__()\n        self.proved = PROVED"),
            ("pass\n        return x", "return x if self.proved else x + 1"),
        ],
        CHANGED,
        "output",
    ),
    plant(
        "a-dtype-is-another",
        loop(),
        OVER_LAYERS,
        ("return x", "return x.double()"),
        CHANGED,
        "dtype",
    ),
    plant(
        "a-tuple-becomes-a-list",
        loop().replace("return x", "return x, x"),
        OVER_LAYERS,
        ("return x, x", "return [x, x]"),
        CHANGED,
        "tuple became list",
    ),
    plant(
        "without-the-optional-argument-it-is-another",
        net(LINEAR, "if y is not None: ;     x = x + y ; return self.fc(x)", "x, y=None"),
        [OPTIONAL],
        ("return self.fc(x)", "return self.fc(x) if y is not None else x"),
        CHANGED,
        "output without y",
        TWO,
    ),
    plant(
        "a-hook-on-a-gradient-is-gone",
        loop(after="y = x * 1 ; if y.requires_grad: ;     y.register_hook(lambda g: -g) ; x = y"),
        [
            OVER_LAYERS,
            (
                "if y.requires_grad:\n            y.register_hook(lambda g: -g)\n        x = y",
                "x = 2 * y.detach() - y",
            ),
        ],
        ("x = 2 * y.detach() - y", "x = y"),
        CHANGED,
        "gradient",
    ),
    plant(
        "a-hook-is-added",
        loop(),
        OVER_LAYERS,
        [
            (
                "class Net",
                "from typing import Tuple\n"
                "def last(self, given: Tuple[torch.Tensor], got: torch.Tensor):\n"
                "    return got * 2\n"
                "class Net",
            ),
            ("pass\n    def", "self.fcs[1].register_forward_hook(last)\n    def"),
        ],
        CHANGED,
        "output",
    ),
    plant(
        "another-set-of-random-numbers-in-forward",
        loop(after="x = x + torch.rand(3)"),
        OVER_LAYERS,
        ("torch.rand(3)", "torch.rand(4)[:3]"),
        CHANGED,
        "random numbers",
    ),
    plant(
        "compiled-code-that-is-nearly-right",
        loop(after="x = x + 1"),
        OVER_LAYERS,
        (
            "x = x + 1",
            "x = x + 1\n        if torch.jit.is_scripting():\n            x = x * 1.000001",
        ),
        FAILING,
        "numbers differ",
    ),
    plant(
        "a-loop-ends-too-early",
        loop(),
        OVER_LAYERS,
        (
            "for fc in self.fcs:\n            x = fc(x)",
            "for i, fc in enumerate(self.fcs):\n            if i < 1:\n                x = fc(x)",
        ),
        CHANGED,
        "output",
    ),
]
