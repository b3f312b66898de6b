"""Packages that are not installed: importing goes on, and a model that needs one says so."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.verify.models import HEAD, LINEAR, LOOP, PYTHON_METHOD, UNROLLED, net
from torchscript_fix.cases import DeclaredCase, parse_declared
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Limits, Verifier

PLAIN = net(LINEAR, "return self.fc(x)").removeprefix(HEAD)


@dataclass(frozen=True)
class Situation:
    """What stands at the top of a module, its model, and what must become of it."""

    name: str
    top: str
    model: str = PLAIN
    outcome: Outcome = Outcome.ALREADY_SCRIPTABLE
    words: str = ""
    target: str = "Net()"


def model(init: str, forward: str = "return self.fc(x)") -> str:
    return net(f"{LINEAR} ; {init}", forward).removeprefix(HEAD)


BUILD, RUN = Outcome.CANNOT_BUILD, Outcome.CANNOT_RUN

FINE = [
    Situation("imported-and-not-used", "import absent.deep.er as A\nfrom absent import b, c as d"),
    Situation("its-attributes-are-called", "import absent\nREG = absent.Registry('x', k=[1])[0].y"),
    Situation(
        "decorates-with-arguments",
        "from absent import REG",
        PLAIN.replace("class", "@REG.register_module(name='n',\n    force=True)\nclass"),
    ),
    Situation(
        "decorates-a-class-and-methods",
        "import absent",
        PLAIN.replace("class", "@absent.configurable\nclass").replace(
            "    def forward", "    @absent.fp16(apply_to=('x',))\n    def forward"
        ),
    ),
    Situation(
        "decorates-with-one-argument",
        "import absent",
        PLAIN.replace("class", "@absent.mark('slow')\n@absent.like(nn.Linear)\nclass"),
    ),
    Situation(
        "is-a-base-of-another-class",
        "import abc, absent, typing\n"
        "class A(absent.B, metaclass=abc.ABCMeta):\n    C = absent.D()\n    def f(self): pass\n"
        "class E(A, absent.F, dict): pass\nclass G(nn.Module, absent.H): pass\n"
        "class I(absent.J[int]): pass",
    ),
    Situation(
        "in-annotations",
        "import typing, absent\nfrom absent import Float\n"
        "def f(x: Float[torch.Tensor, 'b c'], y: typing.Optional[absent.T] = None,\n"
        "      z: 'absent.U' = absent.Z, w: absent.T | None = None) -> typing.List[absent.T]: 1\n"
        "V = typing.Union[absent.A, typing.Dict[str, absent.B]]",
    ),
    Situation(
        "asked-for-classes",
        "import absent\n"
        "assert not isinstance(1, absent.T) and not issubclass(int, (absent.T, str))",
    ),
    Situation(
        "entered-unpacked-and-iterated",
        "import absent\nwith absent.no_grad() as g:\n    a, (b, c) = absent.pair()\n"
        "for each in absent.each():\n    raise SystemError\nd = {absent.k: 1}; absent.x.y = 1; "
        "absent.x['z'] = 2; del absent.x['z']; print(f'{absent.q}', 3 * absent.n + 1)",
    ),
    Situation(
        "a-version-check",
        "import absent\nif absent.__version__ < '1.0' or float(absent.__version__[:3]) < 0.7:\n"
        "    raise SystemError\n"
        "if tuple(int(n) for n in absent.__version__.split('.')[:2]) < (0, 7): raise SystemError\n"
        "v = absent.parse(absent.__version__)\nassert v >= 1 and absent.lo <= v <= absent.hi\n"
        "if v < 1: raise SystemError",
    ),
    Situation("all-its-names", "from absent import *\nfrom absent.sub import *\nX = Layer(here)\n"),
    Situation(
        "tried",
        "try:\n    import absent\nexcept ImportError:\n    absent = None\nassert absent is None",
    ),
    Situation(
        "tried-after-somebody-imported-it",
        "import imports_absent\n"
        "try:\n    from absent.sub import thing\nexcept (OSError, ModuleNotFoundError):\n"
        "    thing = None\nassert thing is None and imports_absent.absent is not None\n"
        "import importlib.util\nassert importlib.util.find_spec('absent') is None",
    ),
    Situation(
        "tried-by-whoever-imports-the-importer",
        "try:\n    import imports_absent_too\n    ok = True\nexcept Exception:\n    ok = False\n"
        "assert not ok",
    ),
    Situation(
        "tried-by-name-in-a-function",
        "import importlib\ndef there(name):\n    try:\n        importlib.import_module(name)\n"
        "    except ImportError:\n        return False\n    return True\n"
        "assert not there('absent')",
    ),
    Situation(
        "suppressed",
        "import contextlib\nok = False\nwith contextlib.suppress(ImportError):\n"
        "    import absent\n    ok = True\nassert not ok",
    ),
    Situation(
        "tried-with-no-other-way",
        "try:\n    import absent\nexcept ImportError:\n    print('install it')\n"
        "    raise SystemExit(1)\nassert absent",
    ),
    Situation(
        "the-handler-needs-another",
        "try:\n    import absent_c as absent\nexcept ImportError:\n    import absent\n"
        "assert absent",
    ),
    Situation(
        "probed-and-copied",
        "import absent, copy, inspect, numpy\nfrom absent import thing\n"
        "assert copy.deepcopy([thing])[0] is thing and copy.copy(thing) is thing\n"
        "inspect.signature; inspect.isclass(thing); inspect.unwrap(thing); inspect.getmodule(PRE)\n"
        "assert numpy.array([thing], dtype=object).shape == (1,)".replace("PRE", "inspect"),
    ),
    Situation("imported-late-and-not-used", "", model("import absent")),
    Situation("kept-in-the-model", "import absent\nL = absent.L()", model("self.log = L")),
]

NEEDED = [
    Situation(
        "called-in-init", "import absent", model("absent.f()"), BUILD, "needs absent: absent"
    ),
    Situation(
        "imported-from-in-init",
        "",
        model("from absent import models ; self.b = models.net()"),
        BUILD,
        "needs absent: absent is used (models)",
    ),
    Situation(
        "its-class-is-the-base",
        "import absent",
        PLAIN.replace("nn.Module", "absent.BaseModule"),
        BUILD,
        "needs absent: absent.BaseModule is the base of Net",
    ),
    Situation(
        "its-class-is-a-base",
        "import absent",
        PLAIN.replace("nn.Module", "nn.Module, absent.Mixin"),
        BUILD,
        "is the base of Net",
    ),
    Situation(
        "a-class-with-such-a-base-is-used",
        "import absent\nclass Kind(absent.Enum):\n    A = 3",
        model("self.k = Kind.A"),
        BUILD,
        "absent.Enum is the base of Kind",
    ),
    Situation(
        "caught-in-init",
        "import absent",
        model("try: ;     absent.f() ; except Exception: ;     pass"),
        BUILD,
        "needs absent",
    ),
    Situation("asked-with-hasattr", "import absent", model("self.h = hasattr(absent, 'f')"), BUILD),
    Situation("called-in-forward", "import absent", model("pass", "return absent.f(x)"), RUN),
    Situation(
        "compared-in-forward",
        "from absent import MODE",
        model("pass", "return self.fc(x) if MODE == 1 else x"),
        RUN,
        "needs absent: absent.MODE is compared",
    ),
    Situation(
        "a-value-from-import-decides",
        "import absent\nMODE = absent.mode()",
        model("self.fc = self.fc if MODE else None"),
        BUILD,
        "decides",
    ),
    Situation(
        "given-to-a-layer",
        "import absent\nWIDTH = absent.config.width + 1",
        model("self.c = nn.Linear(WIDTH, 3)"),
        BUILD,
        "needs absent",
    ),
    Situation(
        "given-back", "import absent\nK = absent.k", model("pass", "return self.fc(x), K"), RUN
    ),
    Situation(
        "a-number-while-importing",
        "import absent\nWIDTH = int(absent.width)",
        model("self.c = nn.Linear(WIDTH, 3)"),
        BUILD,
        "needs absent: absent.width is taken for a number",
    ),
    Situation(
        "pickled",
        "import absent, pickle\nK = absent.k",
        model("self.k = pickle.loads(pickle.dumps([K]))"),
        BUILD,
    ),
    Situation(
        "a-decorator-that-is-none",
        "import absent\nimport torch.nn.functional as F\nact = absent.wrap(F.relu)",
        model("pass", "return act(x)"),
        RUN,
        "needs absent",
    ),
    *(
        Situation(
            f"the-compiler-meets-{name}",
            "import absent\nfrom absent import g",
            model("self.h = g", f"if x.dim() > 9: ;     {line} ; return self.fc(x)"),
            RUN,
            "needs absent",
        )
        for name, line in {
            "a-function": "x = absent.f(x)",
            "a-function-by-name": "x = g(x)",
            "an-attribute": "x = self.h(x)",
            "a-constant": "x = x * absent.sub.CONST",
            "a-class": "assert isinstance(x, absent.T)",
        }.items()
    ),
]

ERRORS = [
    Situation("the-repositorys-own", "import helper_of_mine", words="No module named 'helper_of"),
    Situation("its-own-package", "import package.gone", words="No module named 'package.gone'"),
    Situation("of-an-installed-one", "import torch.gone", words="No module named 'torch.gone'"),
    Situation("of-another-system", "import msvcrt, winreg", words="No module named 'msvcrt'"),
    Situation(
        "a-library-lacks-it",
        "import pathlib, sys, tempfile\nsys.path.insert(0, tempfile.mkdtemp())\n"
        "pathlib.Path(sys.path[0], 'library.py').write_text('import absent')\nimport library",
        words="No module named 'absent'",
    ),
]

BESIDE = {
    "imports_absent.py": "import absent\n",
    "imports_absent_too.py": "import absent.sub\n",
    "package/__init__.py": "",
    "elsewhere/helper_of_mine.py": "",
}


def text(situation: Situation) -> str:
    return HEAD + textwrap.dedent(situation.top) + "\n" + situation.model


def stem(situation: Situation) -> str:
    return situation.name.replace("-", "_")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    root = tmp_path_factory.mktemp("standing")
    for name, source in BESIDE.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(source)
    cases = []
    for each in (*FINE, *NEEDED, *ERRORS):
        (root / f"{stem(each)}.py").write_text(text(each))
        cases.append(parse_declared(f"{each.name}={stem(each)}:Net()", ["torch.rand(2, 3)"]))
    (root / "rewritten.py").write_text("import absent_as_well\n" + LOOP + PYTHON_METHOD)
    cases.append(parse_declared("rewritten=rewritten:Net()", ["torch.rand(2, 3)"]))
    after = (root / "rewritten.py").read_text().replace(*UNROLLED).encode()
    limits = Limits(seconds=60)
    with Verifier(root, sorted(root.rglob("*.py")), limits=limits, stub_missing=True) as verifier:
        verdicts = verifier.verify(cases, {root / "rewritten.py": after})
        assert verifier.stood_in == ("absent", "absent_as_well")
        notes = verifier.notes
    path = root / "entered_unpacked_and_iterated.py"
    words = "A stand-in decided something while importing"
    assert f"{words}: {path}:7: absent.each is iterated over" in notes
    return {verdict.case: verdict for verdict in verdicts}


@pytest.mark.parametrize("situation", FINE, ids=lambda each: each.name)
def test_importing_goes_on(situation: Situation, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[situation.name]
    assert verdict.outcome is Outcome.ALREADY_SCRIPTABLE, verdict.message


@pytest.mark.parametrize("situation", NEEDED, ids=lambda each: each.name)
def test_a_model_that_uses_it_says_so(situation: Situation, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[situation.name]
    assert verdict.outcome is situation.outcome, verdict.message
    assert situation.words in verdict.message
    assert "needs absent: " in verdict.message
    assert "(absent is not installed, and under which name" in verdict.message


@pytest.mark.parametrize("situation", ERRORS, ids=lambda each: each.name)
def test_what_is_no_missing_package_stays_an_error(
    situation: Situation, verdicts: dict[str, Verdict]
) -> None:
    verdict = verdicts[situation.name]
    assert verdict.outcome is Outcome.CANNOT_BUILD
    assert situation.words in verdict.message


def test_a_rewrite_is_verified_as_ever(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["rewritten"].outcome is Outcome.FIXED, verdicts["rewritten"].message


def test_a_use_is_shown_where_it_is(verdicts: dict[str, Verdict]) -> None:
    assert 'called_in_forward.py", line 11, in forward' in verdicts["called-in-forward"].message


def test_without_the_option_the_package_is_missing(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(text(FINE[0]))
    case: DeclaredCase = parse_declared("one:Net()", ["torch.rand(2, 3)"])
    with Verifier(tmp_path, [tmp_path / "one.py"]) as verifier:
        (verdict,) = verifier.verify([case], {})
        assert verifier.stood_in == ()
    assert verdict.outcome is Outcome.CANNOT_BUILD
    assert "No module named 'absent'" in verdict.message
