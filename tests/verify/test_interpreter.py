"""Interpreters that will do, and what is said of those that will not."""

import json
import sys
from pathlib import Path

import pytest

from torchscript_fix.verify.interpreter import VerifierUnavailable, find_interpreter
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
