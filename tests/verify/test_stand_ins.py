"""Packages that are not installed: importing goes on, and a model that needs one says so."""

import platform
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


def library(source: str) -> str:
    """A package that is installed, and nobody's code here, to import as `library`."""
    return (
        "import pathlib, sys, tempfile\nsys.path.insert(0, tempfile.mkdtemp())\n"
        f"pathlib.Path(sys.path[0], 'library.py').write_text({source!r})\n"
    )


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
    Situation(
        "a-version-that-must-not-be-too-new",
        "import absent\nfrom absent import __version__ as v\n"
        "def parse(text): return tuple(int(part) for part in text.split('.'))\n"
        "assert (1, 2) <= parse(v) < parse('2.0'), v\n"
        "if parse(absent.__version__) == (1, 99, 0): pass\nelse: raise SystemError(v)",
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
    Situation(
        "a-library-needs-it",
        library(
            "import absent.deep\nfrom absent import Kind, fast\nfrom absent.sub import *\n"
            "class Base(absent.Base):\n    kind = Kind.OF\n"
            "@absent.jit(nopython=True)\ndef f(x):\n    return x\ndef g(): return 3\n"
        )
        + "import library\nassert library.g() == 3",
    ),
    Situation(
        "a-library-can-do-without",
        library(
            "try:\n    import absent\nexcept ImportError:\n    absent = None\n"
            "def there():\n    try:\n        import absent\n    except ImportError:\n"
            "        return False\n    return True\n"
        )
        + "import absent, library\nassert library.absent is None and not library.there()",
    ),
    Situation(
        "a-library-that-tries-another-that-needs-it",
        library(
            "import pathlib, sys\n"
            "pathlib.Path(sys.path[0], 'other.py').write_text('import absent')\n"
            "try:\n    import other\nexcept ImportError:\n    other = None\n"
        )
        + "import library\nassert library.other is None",
    ),
    Situation(
        "names-that-are-the-same-under-another-name",
        "import collections.abc, math\nimport numpy as np\nfrom collections import Mapping\n"
        "from torch._six import container_abcs, string_classes, inf\nimport torch._six as six\n"
        "assert Mapping is collections.abc.Mapping and collections.Sized is collections.abc.Sized\n"
        "assert np.int is int and np.object is object and np.NaN is np.nan\n"
        "assert container_abcs is collections.abc and string_classes == (str, bytes)\n"
        "assert inf is six.inf is math.inf is torch._six.inf\n"
        "def kinds(of=np.float): return of\n",
        model("self.n = np.int(3) + kinds()(1)"),
    ),
    Situation(
        "names-that-are-gone",
        "import inspect, torch.gone_one, torch.utils.gone_too.deep as deep\nimport numpy as np\n"
        "from inspect import getargspec\nfrom torch.gone_three import a, b\n"
        "from numpy import gone_four as four\nfrom time import clock as now\n"
        "K = [np.gone_five, four(3), deep.f(), a.b]\nclass A(b): pass\n",
    ),
    Situation(
        "names-that-somebody-can-do-without",
        library(
            "import numpy as np, sys, torch\n"
            "assert not hasattr(np, 'int') and '_six' not in dir(torch)\n"
            "try:\n    np.int\n    raise SystemError\nexcept AttributeError:\n    pass\n"
            "try:\n    from torch import _six\nexcept ImportError:\n    _six = None\n"
            "try:\n    from collections import Sized\nexcept ImportError:\n    Sized = None\n"
            "assert _six is None and Sized is None and 'torch._six' not in sys.modules\n"
        )
        + "import numpy as np, torch._six, collections\nfrom collections import Sized\n"
        "assert np.int is int\nimport library\n"
        "assert not hasattr(np, 'int') and getattr(np, 'float', None) is None\n"
        "try:\n    from collections import Mapping\nexcept ImportError:\n    Mapping = None\n"
        "try:\n    from torch._six import inf\nexcept ImportError:\n    inf = None\n"
        "try:\n    N = np.object\nexcept AttributeError:\n    N = None\n"
        "assert Mapping is None and inf is None and N is None\n",
    ),
    Situation(
        "a-library-needs-a-name-that-is-gone",
        library("from torch._six import inf\nfrom collections import Gone\n")
        + "import library, math\nassert library.inf is math.inf",
    ),
    Situation("imported-late-and-not-used", "", model("import absent")),
    Situation("kept-in-the-model", "import absent\nL = absent.L()", model("self.log = L")),
    Situation("called-for-nothing-while-built", "import absent", model("absent.f()")),
    Situation(
        "made-and-held-while-built",
        "import absent, copy\nfrom absent import History\nfrom absent.log import get",
        model(
            "from absent.late import Late ; self.late: object = Late() ; "
            "self.history = History(get('x').level, depth=[1, {'a': absent.B}], ;     n=len('')) ; "
            "self.history.start(3) ; get('y').info('built %d', 3) ; self.a = self.b = absent.K"
        ),
        target="copy.deepcopy(Net())",
    ),
    Situation(
        "a-class-that-is-held-and-asked-for-none",
        "from absent import Writer",
        model("self.writer = Writer() ; self.n = 1 if self.writer is not None else 2"),
    ),
]

NEEDED = [
    Situation(
        "held-and-called-in-forward",
        "",
        model("from absent import models ; self.b = models.net()", "return self.b(x)"),
        RUN,
        "needs absent: absent.models.net is called",
    ),
    Situation(
        "held-and-asked-for-an-attribute-in-forward",
        "from absent import History",
        model("self.h = History()", "return self.fc(x) * self.h.scale"),
        RUN,
        "needs absent: absent.History is used (scale)",
    ),
    Situation(
        "held-and-met-by-the-compiler",
        "from absent import Layer",
        model("self.h = Layer()", "if x.dim() > 9: ;     x = self.h(x) ; return self.fc(x)"),
        RUN,
        "needs absent",
    ),
    *(
        Situation(f"while-built-{name}", "import absent\nK = absent.k", model(init), BUILD, words)
        for name, init, words in [
            ("given-the-model", "absent.init(self)", "is given a part of the model"),
            ("given-a-layer", "absent.init([self.fc], gain=2)", "is given a part of the model"),
            ("given-weights", "absent.init(self.fc.weight)", "is given a part of the model"),
            ("given-parameters", "absent.init(self.parameters())", "is given a part of the model"),
            ("given-a-method", "absent.register(self.forward)", "is given a part of the model"),
            ("given-a-closure", "absent.register(lambda: self.fc)", ""),
            ("kept-in-a-local", "h = absent.find() ; self.n = 1 if h is None else 2", ""),
            ("is-none", "self.h = absent.find() ; self.n = 1 if self.h is None else 2", ""),
            ("true", "self.h = absent.H() ; self.n = 1 if self.h else 2", "decides"),
            ("compared", "self.h = absent.H() ; self.n = int(self.h == 3)", "is compared"),
            ("iterated-over", "self.n = len([1 for _ in K])", "is iterated over"),
            ("a-number", "self.n = nn.Linear(absent.width(), 3)", ""),
            ("of-a-class", "self.n = 1 if isinstance(K, int) else 2", "is asked for its class"),
            ("a-string", "self.n = str(absent.name())", ""),
            ("a-version", "self.n = absent.__version__", "is asked for its version"),
            ("a-submodule", "self.add_module('m', absent.Layer())", ""),
            ("in-a-list", "self.hs = [absent.H(), 3]", ""),
            ("given-to-another", "self.hs = dict(a=absent.H())", ""),
            ("given-to-another-as-an-argument", "absent.f(dict(a=absent.H()))", ""),
            ("tried", "try: ;     self.h = absent.H() ; except ValueError: ;     pass", ""),
            ("unpacked", "self.a, self.b = absent.pair()", "absent"),
            ("calculated-with", "self.a = absent.k + 1", ""),
            ("a-condition", "if absent.on(): self.a = 3", ""),
            ("a-decorator", "@absent.wrap() ; def f(): ;     return 3 ; self.n = f()", ""),
        ]
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

GONE = [
    Situation(
        "a-name-that-is-gone-is-called",
        "from inspect import getargspec\nARGUMENTS = getargspec(print)",
        model("pass", "return self.fc(x) if ARGUMENTS.args else x"),
        RUN,
        "needs inspect.getargspec: Python ",
    ),
    Situation(
        "what-came-of-a-name-that-is-gone-is-given-to-a-layer",
        "import torch.gone_one",
        model("self.c = nn.Linear(torch.gone_one.WIDTH, 3)"),
        BUILD,
        "needs torch.gone_one: torch ",
    ),
    Situation(
        "the-compiler-meets-a-name-that-is-gone",
        "from numpy import gone_four",
        model("pass", "if x.dim() > 9: ;     x = gone_four(x) ; return self.fc(x)"),
        RUN,
        "needs numpy.gone_four: numpy ",
    ),
    Situation(
        "a-function-of-a-library-uses-it",
        library("import absent\ndef f(x):\n    return absent.f(x)") + "import library",
        model("pass", "return library.f(x)"),
        RUN,
        "needs absent: absent",
    ),
    Situation(
        "a-library-imports-it-in-a-function-that-it-calls-while-it-is-imported",
        library(
            "def f():\n    import absent\n    return absent\nX = f()\n"
            "def g():\n    import not_wanted\ntry:\n    g()\nexcept Exception:\n    pass"
        )
        + "import library",
        model("pass", "return library.X(x)"),
        RUN,
        "needs absent: absent",
    ),
    Situation(
        "a-class-of-a-library-is-based-on-it",
        library("import absent\nclass Layer(absent.Layer): pass") + "import library",
        model("self.l = library.Layer(3)"),
        BUILD,
        "needs absent: absent.Layer is the base of Layer",
    ),
    Situation(
        "a-function-of-a-library-is-decorated-by-it",
        library("import absent\n@absent.jit\ndef f(x):\n    return x") + "import library",
        model("pass", "return library.f(x)"),
        RUN,
        "needs absent: absent.jit is called",
    ),
]

ERRORS = [
    Situation("the-repositorys-own", "import data_of_mine", words="No module named 'data_of_mine"),
    Situation("its-own-package", "import package.gone", words="No module named 'package.gone'"),
    Situation("of-another-system", "import msvcrt, winreg", words="No module named 'msvcrt'"),
    Situation(
        "a-library-lacks-it-when-it-is-used",
        library("def f():\n    import absent") + "import library\nlibrary.f()",
        words="No module named 'absent'",
    ),
    Situation(
        "a-name-that-its-own-module-lacks",
        "from imports_absent import gone",
        words="cannot import name 'gone'",
    ),
    Situation(
        "an-attribute-that-its-own-module-lacks",
        "import imports_absent\nX = imports_absent.gone",
        words="has no attribute 'gone'",
    ),
    Situation(
        "an-attribute-that-is-gone-when-it-is-used",
        "import numpy as np",
        model("self.n = np.gone"),
        words="module 'numpy' has no attribute 'gone'",
    ),
]

BESIDE = {
    "imports_absent.py": "import absent\n",
    "imports_absent_too.py": "import absent.sub\n",
    "package/__init__.py": "",
    "data_of_mine.txt": "",
}


def text(situation: Situation) -> str:
    return HEAD + textwrap.dedent(situation.top) + "\n" + situation.model


def stem(situation: Situation) -> str:
    return situation.name.replace("-", "_")


@dataclass(frozen=True)
class Run:
    """What one verifying of all situations came to."""

    root: Path
    verdicts: dict[str, Verdict]
    stood_in: tuple[str, ...]
    notes: tuple[str, ...]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("standing")
    for name, source in BESIDE.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(source)
    cases = []
    for each in (*FINE, *NEEDED, *GONE, *ERRORS):
        (root / f"{stem(each)}.py").write_text(text(each))
        cases.append(
            parse_declared(f"{each.name}={stem(each)}:{each.target}", ["torch.rand(2, 3)"])
        )
    (root / "rewritten.py").write_text("import absent_as_well\n" + LOOP + PYTHON_METHOD)
    cases.append(parse_declared("rewritten=rewritten:Net()", ["torch.rand(2, 3)"]))
    after = (root / "rewritten.py").read_text().replace(*UNROLLED).encode()
    limits = Limits(seconds=60)
    with Verifier(root, sorted(root.rglob("*.py")), limits=limits, stub_missing=True) as verifier:
        verdicts = verifier.verify(cases, {root / "rewritten.py": after})
        by_name = {verdict.case: verdict for verdict in verdicts}
        return Run(root, by_name, verifier.stood_in, verifier.notes)


@pytest.fixture(scope="module")
def verdicts(run: Run) -> dict[str, Verdict]:
    return run.verdicts


def test_what_was_stood_in_for_is_said(run: Run) -> None:
    assert [name for name in run.stood_in if "." not in name] == ["absent", "absent_as_well"]
    assert "inspect.getargspec" in run.stood_in and "collections.Mapping" not in run.stood_in


def test_what_a_stand_in_decided_is_said(run: Run) -> None:
    path = run.root / "entered_unpacked_and_iterated.py"
    words = "A stand-in decided something while importing"
    assert f"{words}: {path}:7: absent.each is iterated over" in run.notes


def test_a_name_that_is_gone_is_said_with_its_successor(run: Run) -> None:
    python = f"Python {platform.python_version()}"
    assert f"{python} has no time.clock (now time.perf_counter)." in run.notes
    moved = "collections.Mapping (now collections.abc.Mapping), which was taken"
    assert f"{python} has no {moved}." in run.notes


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


@pytest.mark.parametrize("situation", GONE, ids=lambda each: each.name)
def test_a_model_that_uses_what_a_package_lacks_says_so(
    situation: Situation, verdicts: dict[str, Verdict]
) -> None:
    verdict = verdicts[situation.name]
    assert verdict.outcome is situation.outcome, verdict.message
    assert situation.words in verdict.message
    assert ("is not installed" in verdict.message) == ("absent" in verdict.message)


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


SETUP = (
    "def write():\n    for path in ('net/version.py', 'revision.py'):\n"
    "        pass\n    open('net/version.py', 'w')\n    open('revision.py', 'w')\n"
)
GENERATED = net(
    LINEAR,
    "return self.fc(x)",
    head="""
from net import __version__, version_info
from net.version import __gitsha__, setting
from revision import REVISION
assert __version__ == "0.0.0" and version_info == (0, 0, 0) and not __gitsha__
try:
    from net.version import other
except ImportError:
    other = None
assert other is None

""",
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One whose setup.py would write two modules that its network imports."""
    (tmp_path / "setup.py").write_text(SETUP)
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "__init__.py").write_text(
        "from .version import *\nfrom .version import __version__, version_info\n"
    )
    (tmp_path / "one.py").write_text(GENERATED)
    return tmp_path


def verified(repository: Path, stub_missing: bool = False) -> tuple[Verdict, Verifier]:
    case = parse_declared("one:Net()", ["torch.rand(2, 3)"])
    files = sorted(repository.rglob("*.py"))
    with Verifier(repository, files, stub_missing=stub_missing) as verifier:
        (verdict,) = verifier.verify([case], {})
    return verdict, verifier


@pytest.mark.parametrize("stub_missing", [False, True])
def test_what_setup_would_write_is_stood_in_for_always_and_said(
    repository: Path, stub_missing: bool
) -> None:
    verdict, verifier = verified(repository, stub_missing)
    assert verdict.outcome is Outcome.ALREADY_SCRIPTABLE, verdict.message
    assert verifier.stood_in == ("net.version", "revision.py")
    words = "net.version is not there until the repository is built (setup.py:4 writes it)"
    assert f"{words}, a stand-in took its place." in verifier.notes


def test_what_setup_would_write_and_forward_computes_with_is_needed(repository: Path) -> None:
    changed = GENERATED.replace("return self.fc(x)", "return self.fc(x) * setting")
    (repository / "one.py").write_text(changed)
    verdict, _ = verified(repository)
    assert verdict.outcome is Outcome.CANNOT_RUN
    assert "needs net.version: " in verdict.message and "pip install" not in verdict.message


def test_another_module_that_is_not_there_stays_missing(repository: Path) -> None:
    (repository / "one.py").write_text(
        GENERATED.replace("import REVISION", "import R\nimport gone")
    )
    verdict, _ = verified(repository)
    assert verdict.outcome is Outcome.CANNOT_BUILD
    assert "No module named 'gone'" in verdict.message
