"""What a repository's own build writes, read from its setup.py and its declarations."""

from pathlib import Path

import pytest

from torchscript_fix.generated_modules import generated_modules

SETUPS = {
    "a-literal": "with open('net/version.py', 'w') as f:\n    f.write('x')\n",
    "a-variable": "version_file = 'net/version.py'\ndef write():\n"
    "    with open(version_file, 'wt') as f:\n        f.write('x')\n",
    "a-default": "def write(path='net/version.py'):\n    open(path, mode='w').write('x')\n",
    "joined-to-where-it-is": "import os\nhere = os.path.dirname(os.path.abspath(__file__))\n"
    "def write():\n    path = os.path.join(here, 'net', 'version.py')\n    open(path, 'w')\n",
    "joined-to-the-working-folder": "import os\ncwd = os.getcwd()\n"
    "open(os.path.join(cwd, 'net/version.py'), 'w')\n",
    "with-pathlib": "from pathlib import Path\nroot = Path(__file__).resolve().parent\n"
    "(root / 'net' / 'version.py').write_text('x')\n",
    "opened-with-pathlib": "from pathlib import Path\nPath('net', 'version.py').open('w')\n",
    "with-io": "import io\nio.open('net/version.py', 'w', encoding='utf-8')\n",
    "of-parts": "NAME = 'net'\nopen(NAME + '/version.py', 'w')\n",
    "in-a-format": "NAME = 'net'\nopen(f'{NAME}/version.py', 'w')\n",
    "by-setuptools-scm": "setup(use_scm_version={'write_to': 'net/version.py'})\n",
}
OTHERS = {
    "only-read": "open('net/version.py').read()\nopen('net/version.py', 'r')\n",
    "no-python": "open('net/VERSION', 'w')\n",
    "elsewhere": "open('/etc/version.py', 'w')\nopen('../version.py', 'w')\n",
    "not-known": "import sys\nopen(sys.argv[1], 'w')\nopen('net/version.py', MODE)\n",
    "no-python-at-all": "open('net/version.py', 'w'\n",
}


@pytest.mark.parametrize("name", SETUPS)
def test_setup_writes_a_module(name: str, tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(SETUPS[name])
    (module,) = generated_modules(tmp_path)
    assert module.path == tmp_path / "net" / "version.py"
    line = 1 + next(
        number for number, text in enumerate(SETUPS[name].splitlines()) if _writes(text)
    )
    assert module.writer == f"setup.py:{line}"


def _writes(line: str) -> bool:
    return any(word in line for word in ("open(", "write_text(", "setup("))


@pytest.mark.parametrize("name", OTHERS)
def test_setup_writes_no_module(name: str, tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(OTHERS[name])
    assert generated_modules(tmp_path) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.setuptools_scm]\nversion_file = "net/version.py"\n'),
        ("pyproject.toml", '[tool.setuptools_scm]\nwrite_to = "net/version.py"\n'),
        ("pyproject.toml", '[tool.hatch.build.hooks.vcs]\nversion-file = "net/version.py"\n'),
        ("setup.cfg", "[tool:setuptools_scm]\nwrite_to = net/version.py\n"),
    ],
)
def test_it_is_declared(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    (module,) = generated_modules(tmp_path)
    assert module.path == tmp_path / "net" / "version.py" and module.writer == name


def test_what_is_there_is_not_generated(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(SETUPS["a-literal"])
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "version.py").write_text("__version__ = '1'\n")
    assert generated_modules(tmp_path) == ()


@pytest.mark.parametrize("text", ["[tool", "tool = 3\n", "[tool]\nsetuptools_scm = 3\n"])
def test_a_declaration_that_is_none_says_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "setup.cfg").write_text("no section\n")
    assert generated_modules(tmp_path) == ()
