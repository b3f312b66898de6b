"""The model that ships, from refused by the compiler to saved and loaded without its source."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The four errors of somebody who scripts a model for the first time, each by a part of the model.
ERRORS = {
    "build_model().backbone": "Expected integer literal for index",
    "build_model().reduce": "does not have a statically determinable length",
    "build_model().last": "has no attribute 'context_conv'",
    "nn.Sequential(Merge(8, use_context=True))": "Unsupported value kind: Tensor",
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The example, copied to where nothing else of this repository is."""
    skip = shutil.ignore_patterns("__pycache__", "*.pt")
    return shutil.copytree(ROOT / "examples" / "saliency", tmp_path / "saliency", ignore=skip)


def run(command: list[str], here: Path) -> "subprocess.CompletedProcess[str]":
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "COLUMNS": "100"}
    environment |= {"XDG_STATE_HOME": str(here / "state"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, check=False
    )


def shell(command: str, here: Path) -> "subprocess.CompletedProcess[str]":
    return run(["bash", "-c", command], here)


@pytest.mark.parametrize(("part", "error"), ERRORS.items())
def test_the_example_has_each_of_the_four_errors(clone: Path, part: str, error: str) -> None:
    script = f"from networks.saliency import *; torch.jit.script({part})"
    got = run([sys.executable, "-W", "ignore", "-c", script], clone)
    assert error in got.stderr


def test_the_readmes_main_job(clone: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    command = the_only_block(readme, "<!-- main job -->\n```bash").replace("\\\n", " ")
    command = command.rpartition("&& .venv/bin/")[2].replace("examples/saliency", "saliency")
    assert command.startswith("torchscript-fix saliency ")
    demo = "cd saliency && python -W ignore demo.py"

    shown = shell(command, clone.parent)
    assert shown.returncode == 0, shown.stderr
    assert the_only_block(readme, "```diff") in shown.stdout
    assert the_only_block(readme, "```text") in shown.stderr
    assert "Expected integer literal for index" in shell(demo, clone.parent).stderr

    written = shell(f"{command} --write", clone.parent)
    assert written.returncode == 0, written.stderr
    saved = shell(demo, clone.parent)
    assert saved.stdout == "saliency.pt saved; loaded again it gives the same output\n"

    again = shell(f"{command} --check", clone.parent)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("  already-scriptable  ") == 2
    assert "Nothing to change" in again.stderr


def the_only_block(text: str, opening: str) -> str:
    """The code between ``` and ```."""
    (block,) = re.findall(rf"{re.escape(opening)}\n(.*?)\n```", text, re.DOTALL)
    return str(block)
