"""Which bindings of a name reach which uses."""

import ast
from textwrap import dedent, indent

import pytest

from torchscript_fix.facts.reaching import attribute_webs, comprehension_places, webs
from torchscript_fix.facts.static import FunctionFacts, Project


def function_of(body: str) -> FunctionFacts:
    text = "import torch\ndef forward(x, c, xs):\n" + indent(dedent(body).strip("\n"), "    ")
    return next(iter(Project.of_text(text + "\n").files.values())).functions["forward"]


def lines_of_webs(body: str, name: str = "x") -> list[list[int]]:
    """The lines of each web, counted in the body; 0 is the parameter."""
    found = webs(function_of(body), name)
    return [sorted({place.lineno - 2 for place in web.places}) for web in found]


def test_bindings_one_after_the_other() -> None:
    assert lines_of_webs("x = x + 1\nreturn x") == [[0, 1], [1, 2]]


def test_value_of_one_branch_that_meets_the_other_behind_it() -> None:
    assert lines_of_webs("if c:\n    x = 1\nreturn x") == [[0, 2, 3]]


def test_value_of_a_branch_that_leaves() -> None:
    assert lines_of_webs("if c:\n    x = 1\n    return x\nreturn x") == [[0, 4], [2, 3]]


def test_value_that_the_next_turn_reads() -> None:
    body = "for i in xs:\n    c = x\n    x = 1\nreturn c"
    assert lines_of_webs(body) == [[0, 2, 3]]


def test_value_that_no_next_turn_reads() -> None:
    body = "for i in xs:\n    x = 1\n    c = x\nreturn c"
    assert lines_of_webs(body) == [[0], [2, 3]]


def test_value_that_breaks_out_of_a_loop() -> None:
    body = "for i in xs:\n    if c:\n        x = 1\n        break\n    x = 2\n    c = x\nreturn x"
    assert lines_of_webs(body) == [[0, 3, 5, 6, 7]]


def test_value_that_goes_on_with_the_next_turn() -> None:
    turn = "    c = x\n    if i:\n        x = 1\n        continue\n    x = 2\n    break\n"
    body = f"while c:\n{turn}return 0"
    assert lines_of_webs(body) == [[0, 2, 4], [6]]


def test_loop_variable() -> None:
    assert lines_of_webs("for x in x:\n    c = x\nreturn c") == [[0, 1], [1, 2]]


def test_loop_variable_behind_its_loop_may_be_what_was_before() -> None:
    assert lines_of_webs("for x in xs:\n    c = x\nreturn x") == [[0, 1, 2, 3]]


def test_augmented_assignment_reads_and_binds() -> None:
    assert lines_of_webs("x = 1\nx += 1\nreturn x") == [[0], [1, 2, 3]]


def test_item_that_is_set_is_a_use() -> None:
    assert lines_of_webs("x = []\nx[0] = 1\nx[1] += 1") == [[0], [1, 2, 3]]


def test_variable_of_a_comprehension_is_another() -> None:
    assert lines_of_webs("x = 1\nreturn [x for x in [x]]") == [[0], [1, 2]]


def test_comprehension_reads_a_name_from_around() -> None:
    assert lines_of_webs("x = 1\nreturn [x for i in xs]") == [[0], [1, 2]]


def test_inside_no_grad() -> None:
    assert lines_of_webs("with torch.no_grad():\n    x = 1\nreturn x") == [[0], [2, 3]]


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    x = 1\nexcept ValueError:\n    pass\nreturn x",
        "def inner():\n    return x\nx = 1\nreturn inner",
        "x = 1\nreturn lambda: x",
        "x = 1\ndel x",
        "x = 1\nc = locals()",
        "x = 1\nc = (x for i in xs)",
        "with suppress(ValueError):\n    x = 1\nreturn x",
        "global x\nx = 1",
        "if (x := 1):\n    return x",
        "import a.b as x\nreturn x",
        "x: int\nx = 1",
        'x = 1\nreturn f"{x}"',
        "match c:\n    case 1:\n        x = 1\nreturn x",
    ],
)
def test_what_is_not_told_apart(body: str) -> None:
    assert lines_of_webs(body) == []


def comprehended(body: str) -> list[int]:
    """The columns of the names that belong to the variable x of the first comprehension."""
    function = function_of(body)
    stored = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == "x"]
    target = next(n for n in stored if isinstance(n.ctx, ast.Store))
    return sorted(place.col_offset - 4 for place in comprehension_places(target, function))


def test_places_of_a_variable_of_a_comprehension() -> None:
    assert comprehended("[x + y for x in x if x for y in x]") == [1, 11, 21, 32]


def test_comprehension_in_a_comprehension_with_the_same_variable() -> None:
    assert comprehended("[[x for x in y] for x in xs]") == []


def test_loop_variable_is_in_no_comprehension() -> None:
    assert comprehended("for x in [y for y in xs]:\n    pass") == []


def attribute_webs_of(body: str, more: str = "") -> list[list[int]]:
    """The lines of each web of `self.a`, counted in the body; 0 is what was before."""
    text = "import torch\nclass Net:\n  def forward(self, x, xs):\n" + indent(dedent(body), "    ")
    text += "\n" + indent(dedent(more), "  ") + "\n"
    file = next(iter(Project.of_text(text).files.values()))
    found = attribute_webs(file.functions["Net.forward"], "a")
    return [sorted({place.lineno - 3 for place in web.places}) for web in found]


def test_attribute_that_is_set_and_read() -> None:
    assert attribute_webs_of("self.a = x\nreturn self.a + self.a.sum()") == [[0], [1, 2]]


def test_attribute_that_is_read_first() -> None:
    assert attribute_webs_of("x = x + self.a\nself.a = x") == [[0, 1], [2]]


def test_attribute_that_counts() -> None:
    assert attribute_webs_of("self.a += 1\nreturn self.a") == [[0, 1, 2]]


def test_attribute_that_another_method_sets() -> None:
    more = "def reset(self):\n  self.a = 1"
    assert attribute_webs_of("self.a = x\nself.reset()\nreturn self.a", more) == []


def test_attribute_of_something_that_is_passed_on() -> None:
    assert attribute_webs_of("self.a = x\nx(self)\nreturn self.a") == []
