"""Projects in unusual places, and interpreters of the user's choice."""

import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.verify.conftest import listing
from tests.verify.models import LOOP, PYTHON_METHOD, UNROLLED, net
from torchscript_fix.cases import DeducedCase, NotThere, parse_declared
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.verdict import Outcome
from torchscript_fix.verify.verifier import Limits, Verifier
from torchscript_fix.verify.worker.codes import _qualified_names

MODEL = LOOP + PYTHON_METHOD
AFTER = MODEL.replace(*UNROLLED).encode()
LIMITS = Limits(seconds=60)


def test_an_environment_inside_of_the_project_and_letters_of_all_kinds(tmp_path: Path) -> None:
    root = tmp_path / "mein Projekt ü"
    (root / "nets").mkdir(parents=True)
    path = root / "nets" / "modell.py"
    path.write_text("import elsewhere\nfrom . import part\n" + MODEL)
    (root / "nets" / "part.py").write_text("")
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "elsewhere.py").write_text("")
    environment = root / ".venv"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    links = environment / "lib" / version / "site-packages" / "links.pth"
    links.write_text(f"{sysconfig.get_path('purelib')}\n{installed}\n")
    case = parse_declared("nets.modell:Net()", ["torch.rand(2, 3)"])
    before = listing(root)
    with Verifier(
        root, [path, root / "nets" / "part.py"], python=str(python), limits=LIMITS, jobs=1
    ) as verifier:
        new = path.read_bytes().replace(*(text.encode() for text in UNROLLED))
        [verdict] = verifier.verify([case], {path: new})
    assert verdict.outcome is Outcome.FIXED, verdict.message
    assert (path, "Net.forward") in verdict.reached
    assert listing(root) == before


def test_a_project_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "model.py").write_text(MODEL)
    root = tmp_path / "link"
    root.symlink_to(tmp_path / "real")
    path = root / "model.py"
    with Verifier(root, [path], limits=LIMITS, jobs=1) as verifier:
        [verdict] = verifier.verify([DeducedCase("model:Net()")], {path: AFTER})
    assert verdict.outcome is Outcome.COMPILES, verdict.message
    assert not verdict.named
    assert verdict.reached == {(path, "Net.__init__")}


@pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())
def test_a_model_in_the_home_folder_sees_the_python_files_there_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "secret.txt").write_text("secret")
    look = "import os ; raise ValueError(sorted(os.listdir(os.path.dirname(__file__))))"
    (tmp_path / "model.py").write_text(net(look, "return x"))
    with Verifier(tmp_path, [tmp_path / "model.py"], limits=LIMITS, jobs=1) as verifier:
        [verdict] = verifier.verify([DeducedCase("model:Net()")], {})
    assert "ValueError: ['model.py']" in verdict.message


def test_a_module_that_is_not_below_the_import_root(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("import nowhere_to_be_found\n")
    elsewhere = parse_declared("networks.poolnet:build()", [])
    cases = [
        parse_declared("model:build()", []),
        parse_declared("torch.nn:ReLU()", ["torch.rand(3)"]),
    ]
    with Verifier(tmp_path, [tmp_path / "model.py"], limits=LIMITS, jobs=1) as verifier:
        importing, of_torch = verifier.verify(cases, {})
        with pytest.raises(NotThere, match=r"no module networks\.poolnet below .*--import-root"):
            verifier.verify([elsewhere], {})
    assert "nowhere_to_be_found is not installed, and under which name" in importing.message
    assert of_torch.outcome is Outcome.ALREADY_SCRIPTABLE


def test_a_case_that_imports_no_rewritten_file_is_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "other.py").write_text("x = 1\n")
    told: list[str] = []
    case = parse_declared("model:Net()", ["torch.rand(2, 3)"])
    with Verifier(
        tmp_path,
        [tmp_path / "model.py", tmp_path / "other.py"],
        limits=LIMITS,
        on_progress=told.append,
        jobs=1,
    ) as verifier:
        verifier.verify([case], {tmp_path / "other.py": b"x = 2\n"})
        assert len(told) == 1
        [first] = verifier.verify([case], {tmp_path / "model.py": AFTER})
        assert len(told) == 2
        [again] = verifier.verify([case], {tmp_path / "model.py": AFTER})
    assert len(told) == 2
    assert first == again
    assert first.outcome is Outcome.FIXED


def test_qualified_names_where_python_does_not_keep_them(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(
        "def f():\n    def g(): pass\nclass A:\n    @property\n    def p(self): pass\n"
        "    class B:\n        def m(self): pass\nif True:\n    def h(): pass\n"
    )
    assert _qualified_names(str(path)) == {
        ("f", 1): "f",
        ("g", 2): "f.<locals>.g",
        ("p", 4): "A.p",
        ("m", 7): "A.B.m",
        ("h", 9): "h",
    }


def test_a_model_in_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the import root is /tmp, the Verifier's own folders lie below it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    case = parse_declared("model:Net()", ["torch.rand(2, 3)"])
    with Verifier(tmp_path, [path], limits=LIMITS, jobs=1) as verifier:
        [verdict] = verifier.verify([case], {path: AFTER})
    assert verdict.outcome is Outcome.FIXED, verdict.message
