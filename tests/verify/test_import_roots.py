"""A clone's own roots in the workers: what is imported from where, and which files are found."""

import site
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

from torchscript_fix import repair
from torchscript_fix.cases import WrittenCases, parse_declared
from torchscript_fix.result import Result
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.verdict import Outcome

from ..silent import Silent

NET = """
import torch
from torch import nn
{imports}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(WIDTH, 2)

    def forward(self, x):
        return self.fc(x)
"""
SETUP = "import sys\nsys.path.insert(0, '../lib')\nfrom models.net import Net\nNet()\n"


def plant(top: Path, files: Mapping[str, str]) -> None:
    (top / ".git").mkdir(parents=True)
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)


def run(top: Path, case: str, width: int = 4, **settings: object) -> Result:
    declared = parse_declared(case, [f"torch.rand(1, {width})"])
    request = repair.Request(paths=(top,), rules=(), cases=(declared,), **settings)  # type: ignore[arg-type]
    return repair.run(request, Silent())


def outcome(result: Result) -> tuple[Outcome, str]:
    (verdict,) = result.verdicts
    return verdict.outcome, verdict.message


def test_a_module_below_a_root_that_a_script_puts_on_sys_path(tmp_path: Path) -> None:
    files = {
        "tools/train.py": SETUP,
        "lib/models/net.py": NET.format(imports="from core.config import WIDTH"),
        "lib/core/config.py": "WIDTH = 4",
    }
    plant(tmp_path, files)
    assert outcome(run(tmp_path, "models.net:Net()")) == (Outcome.ALREADY_SCRIPTABLE, "")
    assert outcome(run(tmp_path, "lib.models.net:Net()"))[0] is Outcome.ALREADY_SCRIPTABLE


def test_a_guessed_folder_serves_what_nothing_else_does(tmp_path: Path) -> None:
    files = {
        "models/net.py": NET.format(imports="from config import WIDTH\nimport json\njson.dumps"),
        "models/config.py": "from sizes import WIDTH",
        "parts/sizes.py": "WIDTH = 4",
        "parts/json.py": "raise ValueError('this is not what json means')",
    }
    plant(tmp_path, files)
    result = run(tmp_path, "models.net:Net()")
    assert outcome(result) == (Outcome.ALREADY_SCRIPTABLE, "")
    assert {root.folder.name: root.names for root in result.import_roots} == {
        tmp_path.name: (),
        "models": ("config",),
        "parts": ("sizes",),
    }


def test_files_whose_roots_contradict_each_other_run_apart(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for name, width in (("one", 4), ("two", 6)):
        files[f"{name}/train.py"] = "from net import Net\nNet()\n"
        files[f"{name}/net.py"] = NET.format(imports="from sizes import WIDTH")
        files[f"{name}/sizes.py"] = f"WIDTH = {width}"
    plant(tmp_path, files)
    cases = tuple(
        parse_declared(f"{name}.net:Net()", [f"torch.rand(1, {width})"])
        for name, width in (("one", 4), ("two", 6))
    )
    result = repair.run(repair.Request(paths=(tmp_path,), rules=(), cases=cases), Silent())
    assert [v.outcome for v in result.verdicts] == [Outcome.ALREADY_SCRIPTABLE] * 2


def test_a_package_in_a_folder_of_another_name(tmp_path: Path) -> None:
    files = {
        "setup.py": "from setuptools import setup\nsetup(package_dir={'faces': '.'})",
        "__init__.py": "from .models.sizes import WIDTH",
        "models/net.py": NET.format(imports="from faces import WIDTH\nfrom .sizes import WIDTH"),
        "models/sizes.py": "WIDTH = 4",
    }
    plant(tmp_path, files)
    assert outcome(run(tmp_path, "models.net:Net()")) == (Outcome.ALREADY_SCRIPTABLE, "")


@pytest.mark.parametrize(
    "line",
    [
        "from core.config import WIDTH",
        "import importlib\nWIDTH = importlib.import_module('co' + 're.config').WIDTH",
        "exec(compile('import core.config as c', 'no file', 'exec'))\nWIDTH = c.WIDTH",
    ],
)
def test_imports_of_a_file_of_cases_count(tmp_path: Path, line: str) -> None:
    files = {
        "tools/nets/net.py": NET.format(imports="WIDTH = 4"),
        "lib/core/config.py": "WIDTH = 4",
    }
    plant(tmp_path / "repo", files)
    cases = tmp_path / "cases.py"
    cases.write_text(
        f"import torch\nfrom torchscript_fix import Case\n{line}\n"
        "def cases(module):\n    if hasattr(module, 'Net'):\n"
        "        yield Case('net', module.Net, lambda: ((torch.rand(1, WIDTH),), {}))\n"
    )
    request = repair.Request(paths=(tmp_path / "repo",), rules=(), cases=(WrittenCases(cases),))
    (verdict,) = repair.run(request, Silent()).verdicts
    assert (verdict.outcome, verdict.message) == (Outcome.ALREADY_SCRIPTABLE, "")


COMPUTED = """
import importlib
blocks = importlib.import_module('_'.join(['my', 'blocks']))
WIDTH = blocks.WIDTH
{more}
"""
GUARDED = """
name = 'my_logger'
try:
    importlib.import_module(name)
except ImportError:
    pass
else:
    raise ValueError('it is for a package that may not be installed')
"""


@pytest.mark.parametrize("more", ["", GUARDED])
def test_a_name_that_is_put_together_is_found_where_the_repository_has_it(
    tmp_path: Path, more: str
) -> None:
    files = {
        "models/net.py": NET.format(imports=COMPUTED.format(more=more)),
        "parts/my_blocks.py": "WIDTH = 4",
        "loggers/my_logger.py": "",
    }
    plant(tmp_path, files)
    assert outcome(run(tmp_path, "models.net:Net()")) == (Outcome.ALREADY_SCRIPTABLE, "")


def test_a_root_that_the_user_names_outside_of_the_repository(tmp_path: Path) -> None:
    plant(tmp_path / "repo", {"net.py": NET.format(imports="from sizes import WIDTH")})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/sizes.py").write_text("WIDTH = 4")
    named = (tmp_path / "mine",)
    result = run(tmp_path / "repo", "net:Net()", import_roots=named)
    assert outcome(result) == (Outcome.ALREADY_SCRIPTABLE, "")


@pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())
@pytest.mark.parametrize(
    "edit",
    [
        "import os, sys\nsys.path.insert(0, os.path.expanduser('~/.ssh'))",
        "import sys\nsys.path.insert(0, '{outside}')",
        "import sys\nsys.path.insert(0, 'linked')",
    ],
)
def test_a_hostile_root_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: str
) -> None:
    outside = tmp_path / "home" / ".ssh"
    outside.mkdir(parents=True)
    (outside / "sizes.py").write_text("WIDTH = 4")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    edit = edit.format(outside=outside)
    plant(tmp_path / "repo", {"net.py": NET.format(imports=f"{edit}\nfrom sizes import WIDTH")})
    (tmp_path / "repo/linked").symlink_to(outside)
    result = run(tmp_path / "repo", "net:Net()")
    assert outcome(result)[0] is Outcome.CANNOT_BUILD
    assert "No module named 'sizes'" in outcome(result)[1]
    assert any(f"{outside} (sys.path in net.py" in note for note in result.notes)


@pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())
def test_settings_that_point_outside_show_nothing(tmp_path: Path) -> None:
    (tmp_path / "sizes.py").write_text("WIDTH = 4")
    files = {
        "pyproject.toml": '[tool.setuptools]\npackage-dir = {"" = "../"}',
        "net.py": NET.format(imports="from sizes import WIDTH"),
    }
    plant(tmp_path / "repo", files)
    result = run(tmp_path / "repo", "net:Net()")
    assert "No module named 'sizes'" in outcome(result)[1]
    assert any("(package-dir in pyproject.toml)" in note for note in result.notes)


READS = """
import json, os
WIDTH = json.load(open('{place}'))['width']
"""


@pytest.mark.parametrize(
    "place", ["config/sizes.json", "../config/sizes.json", "sizes.json", "../sizes.json"]
)
def test_data_files_are_found_from_the_repository_and_from_the_script(
    tmp_path: Path, place: str
) -> None:
    files = {
        "tools/train.py": "from net import Net\nNet()\n",
        "tools/net.py": NET.format(imports=READS.format(place=place)),
    }
    real = {"config": "config/", "sizes.json": "tools/", "..": ""}[place.split("/", maxsplit=1)[0]]
    name = place.removeprefix("../") if place.startswith("..") else Path(place).name
    files[f"{real}{name}"] = '{"width": 4}'
    plant(tmp_path, files)
    assert outcome(run(tmp_path, "tools.net:Net()")) == (Outcome.ALREADY_SCRIPTABLE, "")


WRITES = """
import os
os.makedirs('logs/run', exist_ok=True)
with open('logs/run/sizes.txt', 'w') as file:
    file.write('4')
with open('note.txt', 'a') as file:
    file.write('5')
assert open('note.txt').read() == 'width 5'
assert os.path.exists('logs/run/sizes.txt') and not os.path.exists('logs/other.txt')
WIDTH = int(open('logs/run/sizes.txt').read())
"""


@pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())
def test_what_is_written_goes_to_scratch(tmp_path: Path) -> None:
    plant(tmp_path, {"net.py": NET.format(imports=WRITES), "note.txt": "width "})
    before = sorted(tmp_path.rglob("*"))
    assert outcome(run(tmp_path, "net:Net()")) == (Outcome.ALREADY_SCRIPTABLE, "")
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "note.txt").read_text() == "width "


FINDER = """
import sys
from importlib.util import spec_from_file_location

MAPPING = {{'sizes': {place!r}}}

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return spec_from_file_location(name, MAPPING[name]) if name in MAPPING else None

sys.meta_path.append(Finder)
"""


INSTALLS = """
import os, subprocess, sys
assert os.system('pip install -U numpy-that-is-not-there') != 0
assert os.system('wget https://example.org/weights.pt') != 0
pip = [sys.executable, '-m', 'pip', 'install', 'numpy-that-is-not-there']
assert subprocess.run(pip).returncode != 0
assert os.environ['PIP_NO_INDEX'] == '1'
WIDTH = 4
"""


def test_code_that_installs_packages_when_it_is_imported_is_refused_at_once(tmp_path: Path) -> None:
    plant(tmp_path, {"net.py": NET.format(imports=INSTALLS)})
    assert outcome(run(tmp_path, "net:Net()")) == (Outcome.ALREADY_SCRIPTABLE, "")


@pytest.mark.parametrize("way", ["folder", "finder"])
def test_what_the_interpreter_reaches_by_a_pth_file_works(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, way: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("installed")
    (elsewhere / "sizes.py").write_text("WIDTH = 4")
    venv.create(tmp_path / "venv", system_site_packages=False, symlinks=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    ours = site.getsitepackages()[0]
    (packages / "beside_finder.py").write_text(FINDER.format(place=f"{elsewhere}/sizes.py"))
    lines = {"folder": str(elsewhere), "finder": "import beside_finder"}
    (packages / "beside.pth").write_text(f"{lines[way]}\n{ours}\n")
    plant(tmp_path / "repo", {"net.py": NET.format(imports="from sizes import WIDTH")})
    python = str(tmp_path / "venv" / "bin" / Path(sys.executable).name)
    result = run(tmp_path / "repo", "net:Net()", python=python)
    assert outcome(result) == (Outcome.ALREADY_SCRIPTABLE, "")
