"""The snippets of `declined.py`, read."""

from pathlib import Path
from textwrap import dedent

from torchscript_fix.authoring.examples import all_examples, snippets

DECLINED = dedent("""
    # What the rule leaves alone.
    import torch

    # %% value made by a call
    # Held back: it is made by a call
    # Input: torch.rand(4)
    class Net(torch.nn.Module):
        pass

    # %% two models
    # torch.jit.script: Lambda aren't supported
    def examples():
        yield Other(), ()
""")


def test_each_cell_is_an_example_with_what_stands_above_the_first(tmp_path: Path) -> None:
    path = tmp_path / "shiny-call" / "declined.py"
    path.parent.mkdir()
    path.write_text(DECLINED)
    first, second = snippets(path)
    assert first.name == "shiny-call/value-made-by-a-call"
    assert first.held_back == "it is made by a call"
    assert first.before.startswith("# What the rule leaves alone.\nimport torch\n")
    assert first.before.endswith("def examples():\n    yield Net(), (torch.rand(4),)\n")
    assert "two models" not in first.before
    assert second.script_message == "Lambda aren't supported"
    assert second.before.count("def examples()") == 1
    assert first.is_snippet


def test_examples_are_found_by_name(tmp_path: Path) -> None:
    for folder in ("shiny-call/second", "dull-call/first"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "before.py").write_text("# Held back: no\n")
    (tmp_path / "shiny-call" / "declined.py").write_text(DECLINED)
    assert [example.name for example in all_examples(tmp_path)] == [
        "dull-call/first",
        "shiny-call/second",
        "shiny-call/two-models",
        "shiny-call/value-made-by-a-call",
    ]
