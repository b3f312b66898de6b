"""Interpreters that will do, and what is said of those that will not."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from torchscript_fix.verify.interpreter import VerifierUnavailable, find_interpreter, installed
from torchscript_fix.verify.verifier import Verifier


def answering(folder: Path, **changes: object) -> str:
    """A program that answers as an interpreter of another make would."""
    answer = {
        "executable": sys.executable,
        "version": [3, 12],
        "torch": "2.13.0",
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "path": [],
        **changes,
    }
    program = folder / "python"
    program.write_text(f"#!/bin/sh\necho a word on start-up\necho '{json.dumps(answer)}'\n")
    program.chmod(0o755)
    return str(program)


def test_our_own() -> None:
    found = find_interpreter(None)
    assert found.version == sys.version_info[:2]
    assert found.torch_release >= (2, 0)
    assert Path(sys.prefix) in found.prefixes


def test_one_that_is_chatty_on_start_up(tmp_path: Path) -> None:
    assert find_interpreter(answering(tmp_path)).version == (3, 12)


@pytest.mark.parametrize("version", [[3, 14], [3, 9], [2, 7]])
def test_one_that_torchscript_does_not_know(version: list[int], tmp_path: Path) -> None:
    with pytest.raises(VerifierUnavailable, match=r"needs Python 3\.10 to 3\.13.*--python"):
        find_interpreter(answering(tmp_path, version=version))


def test_one_without_torch(tmp_path: Path) -> None:
    with pytest.raises(VerifierUnavailable, match=r"has no torch.*pip install torch"):
        find_interpreter(answering(tmp_path, torch=None))


def test_one_with_an_old_torch(tmp_path: Path) -> None:
    with pytest.raises(VerifierUnavailable, match=r"torch 1\.13\.1"):
        find_interpreter(answering(tmp_path, torch="1.13.1"))


def test_one_that_is_not_there() -> None:
    with pytest.raises(VerifierUnavailable, match="cannot be started"):
        find_interpreter("/nowhere/python")


def test_one_that_is_none() -> None:
    with pytest.raises(VerifierUnavailable, match="does not answer"):
        find_interpreter("/bin/true")


def test_the_verifier_says_so_on_entering(tmp_path: Path) -> None:
    verifier = Verifier(tmp_path, [], python=answering(tmp_path, torch=None))
    with pytest.raises(VerifierUnavailable), verifier:
        pass


def test_which_modules_it_has() -> None:
    names = ["torch", "os", "sys", "_thread", "xml", "nowhere_to_be_found", "torch_nowhere"]
    found = installed(find_interpreter(None), names)
    assert found.modules == {"torch", "os", "sys", "_thread", "xml"}
    assert found.version == sys.version_info[:3]
    assert found.markers["python_version"] == ".".join(map(str, sys.version_info[:2]))


def test_what_it_has_is_looked_for_and_not_imported(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    (tmp_path / "loud.py").write_text(f"open({str(trace)!r}, 'w')")
    (tmp_path / "json.py").write_text(f"open({str(trace)!r}, 'w')")
    (tmp_path / "spaces").mkdir()
    ours = find_interpreter(None)
    found = installed(replace(ours, path=(str(tmp_path), *ours.path)), ["loud", "spaces", "quiet"])
    assert found.modules == {"loud", "spaces"}
    assert not trace.exists()


def test_what_lies_where_the_user_stands_is_not_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loud.py").write_text("")
    monkeypatch.chdir(tmp_path)
    assert installed(find_interpreter(None), ["loud"]).modules == frozenset()


def test_a_finder_that_raises(tmp_path: Path) -> None:
    """An editable install has one of its own."""
    (tmp_path / "site").mkdir()
    program = tmp_path / "python"
    start = "import sys; sys.meta_path.append(sys)"
    program.write_text(f'#!/bin/sh\nshift 3\nexec {sys.executable} -I -c "{start}\n$1"\n')
    program.chmod(0o755)
    found = installed(replace(find_interpreter(None), executable=program), ["os", "nowhere"])
    assert found.modules == {"os", "nowhere"}


def test_one_that_does_not_say_what_it_has(tmp_path: Path) -> None:
    odd = replace(find_interpreter(None), executable=Path(answering(tmp_path)))
    with pytest.raises(VerifierUnavailable, match="does not say what it has"):
        installed(odd, ["os"])
