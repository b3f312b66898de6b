"""The tracer sees the same in every Python, though bytecode and line events differ."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from torchscript_fix.verify.worker import trace

MODEL = """
import functools
def a(x):
    x = x.size if hasattr(x,'size') else 1.0
    return x
def b(x):
    y = None
    for i in (1, 2.0):
        y = x
    z = [x for x in ('a',)]
    return y
def c(x, y=None, *r, k=1, **kw):
    if x == 3: raise ValueError
    g = lambda: x
    return x
def e(x):
    y, z = 1, 2
    z, y = 'a', 3
    w = (
        x,
        1.5,
    )
    w = 1
    return None
class N:
    @staticmethod
    def s(a, b=2): return a
    def gen(self, x):
        x = 1.5
        yield x
def k(x, i):
    z = [
        (i, x)
        for i, x in ((1, 'a'), (2.0, 'b'))
    ]
    x = 1.5
    i, x = x, 'b'
    return {i: [x for x in (1, 'a')] for i in (1, 2)}
def lines(x):
    if x > 1:
        return [
            i
            for i in range(x)
        ]
    elif x == 1:
        y = 0
    else:
        try:
            raise ValueError
        except ValueError:
            y = 2
        finally:
            x = 0
    for i in range(x):
        if i == 3:
            continue
        y = i if x else None
    with open(
        __file__
    ) as file:
        if not x: return 0
    return y
def h():
    return list(N().gen(2)), N.s(1), (lambda q: q)(1)
"""

CALLS = [
    "a(1)",
    "b(7)",
    "c(1, 2, 3, z=1)",
    "c(1)",
    "c(3)",
    "e(1)",
    "k(1, True)",
    "h()",
    "lines(1)",
    "lines(0)",
]

TORCH = """
class Tensor: pass
class Size(tuple): pass
class device: pass
class dtype: pass
class Generator: pass
class nn:
    class Module: pass
    class Parameter(Tensor): pass
"""
"""As much of it as the tracer asks for."""

RUN = """
import json, sys, types
model, worker, calls = json.load(sys.stdin)
package = types.ModuleType("worker")
package.__path__ = [worker]
sys.modules["worker"] = package
from worker.trace import CallTracer
names = {"__name__": "model", "__file__": model}
with open(model) as file:
    exec(compile(file.read(), model, "exec"), names)
tracer = CallTracer(frozenset([model]))
with tracer:
    for call in calls:
        try:
            eval(call, names)
        except ValueError:
            pass
print(json.dumps(tracer.functions(), sort_keys=True))
"""


def others() -> list[str]:
    """Other Pythons on this machine: on the path, and those of pyenv."""
    found = {f"3.{minor}": shutil.which(f"python3.{minor}") for minor in range(10, 15)}
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    for path in sorted(root.glob("versions/3.1*/bin/python")):
        found[".".join(path.parts[-3].split(".")[:2])] = str(path)
    ours = f"3.{sys.version_info.minor}"
    return [path for version, path in sorted(found.items()) if path and version != ours]


def seen_by(python: str, folder: Path) -> list[dict[str, object]]:
    model = folder / "model.py"
    model.write_text(MODEL)
    (folder / "torch.py").write_text(TORCH)
    run = subprocess.run(
        [python, "-c", RUN],
        input=json.dumps([str(model), str(Path(trace.__file__).parent), CALLS]),
        env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode == 127:  # pyenv's word for a version that is not there
        pytest.skip(run.stderr)
    assert run.returncode == 0, run.stderr
    functions: list[dict[str, object]] = json.loads(run.stdout)
    return functions


def test_what_is_seen(tmp_path: Path) -> None:
    seen = {each["qualname"]: each for each in seen_by(sys.executable, tmp_path)}
    assert seen["a"]["rebound"] == {"x": ["float", "int"]}
    assert seen["b"]["rebound"] == {"i": ["float", "int"], "y": ["None", "int"]}
    assert seen["k"]["rebound"] == {"i": ["bool", "float"], "x": ["float", "int", "str"]}
    assert seen["k"]["returns"] == ["Dict[int, List[Union[int, str]]]"]
    assert seen["c"]["returns"] == ["int"]
    ran = seen["lines"]["ran"]
    assert isinstance(ran, list)
    text = [MODEL.split("\n")[line - 1].strip() for line in ran]
    assert "y = 2" in text
    assert not {"return [", "continue"} & set(text)


@pytest.mark.parametrize("python", others())
def test_another_python_sees_the_same(python: str, tmp_path: Path) -> None:
    assert seen_by(python, tmp_path) == seen_by(sys.executable, tmp_path)
