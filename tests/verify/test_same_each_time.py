"""What a worker says does not depend on where its objects lie in memory."""

import importlib.util
from pathlib import Path

import pytest
from torch import nn

from torchscript_fix.verify.worker.diagnose import describe, where, without_addresses
from torchscript_fix.verify.worker.trace import constructors

NAMES = [f"Layer{number}" for number in range(40)]


def test_constructors_come_in_the_order_of_the_modules(tmp_path: Path) -> None:
    path = tmp_path / "many_layers.py"
    classes = [
        f"class {name}(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        for name in NAMES
    ]
    path.write_text("from torch import nn\n" + "".join(classes))
    spec = importlib.util.spec_from_file_location("many_layers", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = nn.Sequential(*(getattr(module, name)() for name in reversed(NAMES)))
    said = [each["qualname"] for each in constructors(model, frozenset([str(path)]))]
    assert said == [f"{name}.__init__" for name in reversed(NAMES)]


def test_no_address_is_in_what_is_said_of_an_error() -> None:
    error = TypeError(f"unsupported: {object()!r}")
    for said in (describe(error, "/"), where(error, nn.Identity(), frozenset())):
        assert said["message"] == "unsupported: <object object at 0x…>"


@pytest.mark.parametrize("text", ["mask is 0xff", "line 12345678", "0xyz"])
def test_other_numbers_stay(text: str) -> None:
    assert without_addresses(text) == text
