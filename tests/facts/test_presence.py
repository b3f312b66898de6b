"""Who asks whether an attribute is there."""

import pytest

from torchscript_fix.facts.presence import presence
from torchscript_fix.facts.static import Project


def noticed(code: str, name: str = "conv") -> str | None:
    return presence(Project.of_text(f"import torch\nimport pickle\n{code}\n")).notices(name)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("hasattr(m, 'conv')", "hasattr at example.py:3"),
        ("getattr(m, 'conv', None)", "getattr with a default at example.py:3"),
        ("m.add_module('conv', x)", "add_module at example.py:3"),
        ("setattr(self, f'co{i}', x)", "setattr at example.py:3"),
        ("'conv' in dict(m._parameters)", "a look into the attributes at example.py:3"),
        ("m._modules.pop('conv')", "pop at example.py:3"),
        ("del m.conv", "del at example.py:3"),
        ("torch.save(model, path)", "a whole model is pickled at example.py:3"),
        ("net = torch.load(path)", "a whole model is pickled at example.py:3"),
        ("pickle.dump(self.model, f)", "a whole model is pickled at example.py:3"),
    ],
)
def test_what_notices(code: str, words: str) -> None:
    assert noticed(code) == words


@pytest.mark.parametrize(
    "code",
    [
        "hasattr(m, 'conv2')",
        "hasattr(m, name)",
        "getattr(m, 'conv')",
        "self.add_module('conv', x)",
        "'conv' in names",
        "torch.save(model.state_dict(), path)",
        "torch.save({'model': model}, path)",
        "model_path = torch.load(path)",
        "model.load_state_dict(torch.load(path))",
        "try:\n    m.conv\nexcept ImportError:\n    pass",
    ],
)
def test_what_does_not(code: str) -> None:
    assert noticed(code) is None
