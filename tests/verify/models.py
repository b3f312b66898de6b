"""Small models, each before and after a rewrite, good and bad, with the verdict they must get."""

from dataclasses import dataclass

from torchscript_fix.verify.verdict import Outcome

HEAD = "from typing import List, Optional\nimport torch\nfrom torch import nn\n"


@dataclass(frozen=True)
class Situation:
    """A model's file before and after, and what the verifier must say of it."""

    name: str
    before: str
    after: str
    outcome: Outcome
    words: str = ""
    """What must stand in the message."""
    where: str = ""
    """What the difference must name."""
    largest: float | None = None
    inputs: tuple[str, ...] = ("torch.rand(2, 3)",)


def net(init: str, forward: str, arguments: str = "x", head: str = "") -> str:
    """A file with one model, `Net`. Lines of `init` and `forward` are separated by " ; "."""

    def block(lines: str) -> str:
        return "".join(f"        {line}\n" for line in lines.split(" ; "))

    return (
        f"{HEAD}{head}class Net(nn.Module):\n    def __init__(self):\n"
        f"        super().__init__()\n{block(init)}"
        f"    def forward(self, {arguments}):\n{block(forward)}"
    )


def situation(
    name: str, before: str, change: tuple[str, str], outcome: Outcome, **rest: object
) -> Situation:
    """A situation whose rewrite replaces one text by another, once."""
    assert before.count(change[0]) == 1, (name, before.count(change[0]))
    return Situation(name, before, before.replace(*change), outcome, **rest)  # type: ignore[arg-type]


LINEAR = "self.fc = nn.Linear(3, 3)"
LOOP = net(
    "self.fcs = nn.ModuleList([nn.Linear(3, 3) for _ in range(2)])",
    "for i in range(len(self.fcs)): ;     x = self.fcs[i](x) ; return x",
)
UNROLLED = (
    "for i in range(len(self.fcs)):\n            x = self.fcs[i](x)",
    "for fc in self.fcs:\n            x = fc(x)",
)
OPTIONAL = net(LINEAR, "x = self.fc(x) ; if y is not None: ;     x = x + y ; return x", "x, y=None")
ANNOTATED = ("y=None", "y: Optional[torch.Tensor] = None")
TWO = ("torch.rand(2, 3)", "torch.rand(2, 3)")

LATER = net(
    f"{LINEAR} ; self.seen = None",
    "self.seen = self.fc(x).detach() ; return torch.relu(self.seen)",
)

SITUATIONS = [
    situation(
        "compiles-once-it-has-run-and-still-does",
        LATER,
        ("torch.relu(self.seen)", "self.seen.relu()"),
        Outcome.STILL_FAILING,
        words="call the model once before torch.jit.script",
    ),
    situation(
        "compiles-once-it-has-run-and-no-more",
        LATER,
        ("torch.relu(self.seen)", "torch.from_numpy(self.seen.numpy()).relu()"),
        Outcome.BEHAVIOUR_CHANGED,
        words="compiles once it has run, the rewrite does not",
    ),
    situation(
        "compiles-once-it-has-run-and-at-once-with-other-numbers",
        LATER,
        (
            "self.seen = self.fc(x).detach()\n        return torch.relu(self.seen)",
            "seen = self.fc(x).detach()\n        if torch.jit.is_scripting():\n"
            "            seen = seen + 1\n        else:\n            self.seen = seen\n"
            "        return torch.relu(seen)",
        ),
        Outcome.STILL_FAILING,
        words="numbers differ",
    ),
    situation("a-loop-over-a-module-list", LOOP, UNROLLED, Outcome.FIXED),
    situation("an-optional-argument", OPTIONAL, ANNOTATED, Outcome.FIXED, inputs=TWO),
    situation(
        "scripts-already",
        net(LINEAR, "return self.fc(x)"),
        ("return", "pass\n        return"),
        Outcome.ALREADY_SCRIPTABLE,
    ),
    situation(
        "an-output-changes",
        LOOP,
        ("return x", "return x * 2"),
        Outcome.BEHAVIOUR_CHANGED,
        where="output",
        words="6 of 6 numbers differ",
    ),
    situation(
        "one-number-deep-in-the-output-changes",
        net(LINEAR, "y = self.fc(x) ; return {'a': y, 'b': [x, torch.ones(4)]}"),
        ("torch.ones(4)", "torch.tensor([1., 1., 1.5, 1.])"),
        Outcome.BEHAVIOUR_CHANGED,
        where="output['b'][1]",
        words="1 of 4",
        largest=0.5,
    ),
    situation(
        "a-tuple-becomes-a-list",
        net(LINEAR, "return (x, x)"),
        ("(x, x)", "[x, x]"),
        Outcome.BEHAVIOUR_CHANGED,
        words="tuple became list",
    ),
    situation(
        "a-dtype-changes",
        net(LINEAR, "return x"),
        ("return x", "return x.double()"),
        Outcome.BEHAVIOUR_CHANGED,
        words="dtype torch.float32 became torch.float64",
    ),
    situation(
        "a-key-is-renamed",
        net(LINEAR, "return self.fc(x)").replace("self.fc(x)", "list(self.children())[0](x)"),
        ("self.fc =", "self.gc ="),
        Outcome.CHECKPOINT_CHANGED,
        where="state_dict key fc.weight",
    ),
    situation(
        "a-key-is-new",
        net(LINEAR, "return x"),
        ("self.fc =", "self.other = nn.Linear(1, 1, bias=False)\n        self.fc ="),
        Outcome.CHECKPOINT_CHANGED,
        where="other.weight",
        words="new",
    ),
    situation(
        "the-keys-come-in-another-order",
        net(
            "self.a = nn.Parameter(torch.ones(1)) ; self.b = nn.Parameter(torch.ones(1))",
            "return x",
        ),
        (
            "self.a = nn.Parameter(torch.ones(1))\n        self.b = nn.Parameter(torch.ones(1))",
            "self.b = nn.Parameter(torch.ones(1))\n        self.a = nn.Parameter(torch.ones(1))",
        ),
        Outcome.CHECKPOINT_CHANGED,
        words="another order",
    ),
    situation(
        "a-shape-changes",
        net(LINEAR, "return x"),
        ("Linear(3, 3)", "Linear(3, 4)"),
        Outcome.CHECKPOINT_CHANGED,
        where="fc.weight",
        words="shape [3, 3] became [4, 3]",
    ),
    situation(
        "a-weight-is-drawn-after-another-draw",
        net(LINEAR, "return x"),
        ("self.fc =", "torch.rand(1)\n        self.fc ="),
        Outcome.BEHAVIOUR_CHANGED,
        where="fc.weight",
        words="other numbers",
    ),
    situation(
        "a-draw-after-the-last-weight",
        net(LINEAR, "return x"),
        ("nn.Linear(3, 3)", "nn.Linear(3, 3)\n        torch.rand(1)"),
        Outcome.BEHAVIOUR_CHANGED,
        words="random numbers",
    ),
    situation(
        "a-gradient-is-cut",
        net(LINEAR, "return self.fc(x) * self.fc(x)"),
        ("* self.fc(x)", "* self.fc(x).detach()"),
        Outcome.BEHAVIOUR_CHANGED,
        where="gradient of fc.weight",
        words="in train()",
    ),
    situation(
        "only-training-changes",
        net("self.p = nn.Dropout(0.5)", "return self.p(x)"),
        ("return", "if self.training:\n            x = x + 1\n        return"),
        Outcome.BEHAVIOUR_CHANGED,
        words="in train()",
    ),
    situation(
        "without-the-optional-argument-it-changes",
        OPTIONAL.replace("y=None", ANNOTATED[1]),
        ("return x", "return x if y is not None else x + 1"),
        Outcome.BEHAVIOUR_CHANGED,
        where="output without y",
        largest=1.0,
        inputs=TWO,
    ),
    situation(
        "without-the-optional-argument-it-fails",
        OPTIONAL.replace("y=None", ANNOTATED[1]),
        ("return x", "assert y is not None\n        return x"),
        Outcome.BEHAVIOUR_CHANGED,
        words="without y",
        inputs=TWO,
    ),
    situation(
        "an-argument-is-changed-in-place",
        net(LINEAR, "y = x * 2 ; return y"),
        ("y = x * 2", "y = x * 2\n        x.add_(1)"),
        Outcome.BEHAVIOUR_CHANGED,
        where="arguments after the call",
    ),
    situation(
        "a-buffer-is-left-otherwise",
        net("self.register_buffer('n', torch.zeros(1))", "self.n.add_(1) ; return x"),
        ("self.n.add_(1)", "self.n.add_(2)"),
        Outcome.BEHAVIOUR_CHANGED,
        where="state_dict key n",
    ),
    situation(
        "it-draws-other-random-numbers",
        net(LINEAR, "return x + torch.rand(1)"),
        ("x + torch.rand(1)", "x + torch.rand(2)[:1]"),
        Outcome.BEHAVIOUR_CHANGED,
    ),
    situation(
        "it-draws-the-same-random-numbers",
        LOOP.replace("return x", "return x + torch.rand(1)"),
        UNROLLED,
        Outcome.FIXED,
    ),
    situation(
        "it-fails-still",
        LOOP,
        ("super()", "# three\n        # new\n        # lines\n        super()"),
        Outcome.STILL_FAILING,
        words='File "ROOT/it_fails_still.py", line 10',
    ),
    situation(
        "scripted-it-is-another-model",
        LOOP,
        (
            UNROLLED[0],
            UNROLLED[1] + "\n        if torch.jit.is_scripting():\n            x = x + 0.25",
        ),
        Outcome.STILL_FAILING,
        where="output",
        largest=0.25,
    ),
    situation(
        "it-scripts-and-cannot-be-saved",
        LOOP,
        (UNROLLED[0], UNROLLED[1] + "\n        x = self.python(x)"),
        Outcome.STILL_FAILING,
        words="Could not export Python function",
    ),
    situation(
        "it-scripted-before-and-does-not-now",
        net(LINEAR, "return self.fc(x)"),
        ("return self.fc(x)", "return getattr(self, 'f' + 'c')(x)"),
        Outcome.BEHAVIOUR_CHANGED,
        words="the original compiles",
    ),
    situation(
        "the-rewrite-does-not-import",
        LOOP,
        ("class Net", "nonsense\n\n\nclass Net"),
        Outcome.BEHAVIOUR_CHANGED,
        words="the original imports",
    ),
    situation(
        "the-rewrite-does-not-build",
        LOOP,
        ("super().__init__()", "super().__init__(1, 2)"),
        Outcome.BEHAVIOUR_CHANGED,
        words="the original builds",
    ),
    situation(
        "the-rewrite-does-not-run",
        LOOP,
        ("return x", "return y"),
        Outcome.BEHAVIOUR_CHANGED,
        words="the original runs",
    ),
    situation(
        "the-rewrite-crashes",
        LOOP,
        ("return x", "__import__('os').abort()\n        return x"),
        Outcome.BEHAVIOUR_CHANGED,
        words="killed by SIGABRT while running it",
    ),
    situation(
        "parameters-that-nobody-initialised",
        LOOP.replace(
            "super().__init__()",
            "super().__init__()\n        self.w = nn.Parameter(torch.Tensor(3))",
        ),
        UNROLLED,
        Outcome.FIXED,
    ),
    situation(
        "parameters-from-the-outside-world",
        LOOP.replace("super().__init__()", "super().__init__()\n        torch.seed()"),
        UNROLLED,
        Outcome.FIXED,
    ),
    situation(
        "outputs-from-the-outside-world",
        LOOP.replace("return x", "return x + __import__('time').monotonic()"),
        UNROLLED,
        Outcome.STILL_FAILING,
    ),
    situation(
        "a-module-that-counts-its-calls",
        net("self.n = 0", "self.n += 1 ; return x * self.n"),
        ("return", "pass\n        return"),
        Outcome.ALREADY_SCRIPTABLE,
    ),
    situation(
        "outputs-of-every-kind",
        LOOP.replace(
            "return x",
            "return x.to(torch.bfloat16), x > 0, torch.complex(x, x), x.to_sparse(), x[:0], "
            "x.sum(), 3, 0.5, 'a', None, True, {'k': [x]}, "
            "torch.quantize_per_tensor(x, 0.1, 0, torch.quint8), "
            "x.t(), x.to(torch.int64), x / 0",
        ),
        UNROLLED,
        Outcome.FIXED,
    ),
    situation(
        "a-named-tuple",
        LOOP.replace(
            "class Net",
            "from typing import NamedTuple\nclass P(NamedTuple):\n    a: torch.Tensor\n\nclass Net",
        ).replace("return x", "return P(x)"),
        UNROLLED,
        Outcome.FIXED,
    ),
    situation(
        "an-output-that-cannot-be-compared",
        LOOP.replace("return x", "return object()"),
        UNROLLED,
        Outcome.STILL_FAILING,
    ),
    situation(
        "a-dataclass",
        LOOP.replace(
            "class Net",
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: torch.Tensor\n\n"
            "class Net",
        ).replace("return x", "return P(x)"),
        UNROLLED,
        Outcome.STILL_FAILING,
    ),
    situation(
        "a-size-among-the-arguments",
        LOOP.replace("self, x):", "self, x, size):").replace("return x", "return x.view(size)"),
        ("self, x, size):", "self, x, size: List[int]):"),
        Outcome.STILL_FAILING,
        inputs=("torch.rand(2, 3)", "torch.rand(3, 2).size()"),
    ),
    situation(
        "a-layer-of-one-branch",
        net(
            "if 1 > 2: ;     self.extra = nn.Linear(3, 3)",
            "if x.size(0) > 5: ;     x = self.extra(x) ; return x",
        ),
        (
            "        if 1 > 2:\n            self.extra = nn.Linear(3, 3)",
            "        self.extra = nn.Linear(3, 3) if 1 > 2 else None",
        ),
        Outcome.STILL_FAILING,
        words="NoneType",
    ),
]

PYTHON_METHOD = "    @torch.jit.ignore\n    def python(self, x):\n        return x\n"


def stem(name: str) -> str:
    """The module that a situation is in."""
    return name.replace("-", "_")
