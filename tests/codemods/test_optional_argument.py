"""optional-argument: finer points than the examples in before_after/ show."""

from pathlib import Path
from textwrap import dedent

from torchscript_fix.codemods.optional_argument import OptionalArgument
from torchscript_fix.facts.observed import Observed
from torchscript_fix.facts.static import Project
from torchscript_fix.rewrite import Rewriting, rewrite_project

PATH = Path("example.py")
HEAD = "from typing import Dict, List, Optional\nimport torch\nimport torch.nn as nn\n"


def run(code: str, head: str = HEAD, **seen: str) -> Rewriting:
    """The rule on one file; `seen` are types that a case observed in Net.forward."""
    project = Project.of_text(head + dedent(code), "example", PATH)
    project.observed = Observed.of_arguments(
        {(PATH, "Net.forward", name): frozenset(t.split("; ")) for name, t in seen.items()}
    )
    return rewrite_project(project, [OptionalArgument()])


def check_noop(code: str, head: str = HEAD, **seen: str) -> None:
    rewriting = run(code, head, **seen)
    assert rewriting.texts == {}
    assert rewriting.held_back == ()


def check_held_back(code: str, reason: str, head: str = HEAD, **seen: str) -> None:
    rewriting = run(code, head, **seen)
    assert rewriting.texts == {}
    (held,) = rewriting.held_back
    assert reason in held.reason


def check_transformed(before: str, after: str, head: str = HEAD, **seen: str) -> None:
    rewriting = run(before, head, **seen)
    assert not rewriting.failures
    assert rewriting.texts[PATH] == head + dedent(after)
    assert run(rewriting.texts[PATH], "", **seen).texts == {}


def net(body: str, signature: str = "self, x, y=None", more: str = "") -> str:
    lines = "\n".join(f"        {line}" for line in body.split("\n"))
    return f"class Net(nn.Module):\n    def forward({signature}):\n{lines}\n{more}"


def test_default_that_is_not_none() -> None:
    check_noop(net("return x * y", "self, x, y=2"))


def test_class_that_is_no_module() -> None:
    check_noop(net("return x.view(-1) + y.view(-1)").replace("nn.Module", "object"))


def test_method_that_is_ignored_by_the_compiler() -> None:
    check_noop(net("return x").replace("    def", "    @torch.jit.ignore\n    def"))


def test_constructor() -> None:
    check_noop("""
        class Net(nn.Module):
            def __init__(self, size=None):
                super().__init__()
                self.size = size
            def forward(self, x):
                return x
        """)


def test_annotated_and_asserted_already() -> None:
    check_noop(
        net(
            "assert y is not None\nreturn x + y.view(-1)",
            "self, x, y: Optional[torch.Tensor] = None",
        )
    )


def test_optional_of_something_that_the_compiler_does_not_know() -> None:
    check_noop(net("return y.go(x)", "self, x, y: Optional[Path] = None"))


def test_callable_that_takes_an_optional() -> None:
    check_noop(
        net("return y(x)", "self, x, y: Callable[[Optional[int]], int]"),
        HEAD + "from typing import Callable\n",
    )


def test_optional_without_a_default() -> None:
    check_transformed(
        net("return x + y.view(-1)", "self, x, y: Optional[torch.Tensor]"),
        net("assert y is not None\nreturn x + y.view(-1)", "self, x, y: Optional[torch.Tensor]"),
    )


def test_used_on_every_path() -> None:
    check_transformed(
        net("return x + y.view(-1)"),
        net(
            "assert y is not None\nreturn x + y.view(-1)",
            "self, x, y: Optional[torch.Tensor] = None",
        ),
    )


def test_two_arguments_in_one_statement() -> None:
    check_transformed(
        net("return torch.cat([x, y, z])", "self, x, y=None, z=None"),
        net(
            "assert y is not None\nassert z is not None\nreturn torch.cat([x, y, z])",
            "self, x, y: Optional[torch.Tensor] = None, z: Optional[torch.Tensor] = None",
        ),
    )


def test_no_space_around_the_default_and_a_return_annotation() -> None:
    check_transformed(
        net("return x if y is None else x + y.sum()", "self, x: torch.Tensor, y=None"),
        net(
            "return x if y is None else x + y.sum()",
            "self, x: torch.Tensor, y: Optional[torch.Tensor] = None",
        ),
    )


def test_old_tensor_type_is_kept_inside() -> None:
    check_transformed(
        net("return x if y is None else x + y", "self, x, y: torch.LongTensor = None"),
        net("return x if y is None else x + y", "self, x, y: Optional[torch.LongTensor] = None"),
    )


def test_size_becomes_a_list_of_ints() -> None:
    check_transformed(
        net("return x if y is None else x.view(y)", "self, x, y: torch.Size = None"),
        net("return x if y is None else x.view(y)", "self, x, y: Optional[List[int]] = None"),
    )


def test_bar_inside_quotes_is_not_for_the_compiler() -> None:
    head = HEAD + "def f(a: 'int | None', b: int | None): ...\n"
    check_transformed(
        net("return x if y is None else x + y", 'self, x, y: "torch.Tensor" = None'),
        net("return x if y is None else x + y", 'self, x, y: "Optional[torch.Tensor]" = None'),
        head,
    )


def test_truth_of_a_list() -> None:
    check_transformed(
        net("if y:\n    x = x + y[0]\nreturn x"),
        net(
            "if y is not None and len(y) > 0:\n    x = x + y[0]\nreturn x",
            "self, x, y: Optional[List[torch.Tensor]] = None",
        ),
        y="List[Tensor]; None",
    )


def test_truth_of_a_flag() -> None:
    check_transformed(
        net("if y:\n    x = x + 1\nreturn x", "self, x, y: bool = None"),
        net(
            "if y is not None and y:\n    x = x + 1\nreturn x",
            "self, x, y: Optional[bool] = None",
        ),
    )


def test_observed_type_that_torchscript_does_not_have() -> None:
    check_held_back(
        net("return x if y is None else x + y"),
        "a case passed what TorchScript has no type for",
        y="?",
    )


def test_observed_type_beats_the_annotation() -> None:
    check_transformed(
        net("return x if y is None else x + y[0]", "self, x, y: np.ndarray = None"),
        net(
            "return x if y is None else x + y[0]",
            "self, x, y: Optional[List[torch.Tensor]] = None",
        ),
        y="List[Tensor]",
    )


def test_truth_that_decides_a_value() -> None:
    check_held_back(
        net("y = y or 3\nreturn x * y", "self, x, y: int = None"), "the truth of y decides a value"
    )


def test_positional_only() -> None:
    check_held_back(net("return x.view(-1)", "self, x, y=None, /"), "positional-only")


def test_held_back_names_the_case_that_would_decide() -> None:
    (held,) = run(net("return x")).held_back
    assert held.decided_by == "a --case that passes y to Net.forward"
    assert held.line == 5


def test_overload_signature() -> None:
    check_noop(
        net("return x").replace("    def", "    @torch.jit._overload_method\n    def"),
    )


def test_type_comments_of_single_arguments() -> None:
    check_noop("""
        class Net(nn.Module):
            def forward(self, x,  # type: Tensor
                        y=None,  # type: Optional[Tensor]
                        ):
                # type: (...) -> Tensor
                return x
        """)


def test_comment_to_ignore_types_is_no_type_comment() -> None:
    rewriting = run(
        net("return x if y is None else x + y.sum()").replace(
            "y=None):", "y=None):  # type: ignore"
        )
    )
    assert "y: Optional[torch.Tensor] = None):  # type: ignore" in rewriting.texts[PATH]


def test_tabs_crlf_and_a_signature_over_several_lines() -> None:
    before = (
        "from typing import Optional\r\nimport torch\r\nclass Net(torch.nn.Module):\r\n"
        "\tdef forward(\r\n\t\tself,\r\n\t\tx,  # the input\r\n\t\ty=None,  # the other\r\n\t):\r\n"
        "\t\treturn x + y.view(-1)\r\n"
    )
    project = Project.of_text(before, "example", PATH)
    text = rewrite_project(project, [OptionalArgument()]).texts[PATH]
    after = before.replace("y=None,", "y: Optional[torch.Tensor] = None,").replace(
        "\t\treturn", "\t\tassert y is not None\r\n\t\treturn"
    )
    assert text == after


def test_type_comment_of_a_local_name_is_none_of_the_signature() -> None:
    check_transformed(
        net("out = []  # type: List[torch.Tensor]\nreturn x if y is None else x + y.sum()"),
        net(
            "out = []  # type: List[torch.Tensor]\nreturn x if y is None else x + y.sum()",
            "self, x, y: Optional[torch.Tensor] = None",
        ),
    )


def test_type_comment_below_the_docstring() -> None:
    body = '"""Adds."""\n# type: (torch.Tensor, Optional[torch.Tensor]) -> torch.Tensor\nreturn x'
    check_noop(net(body))


def test_optional_whose_use_no_assert_fits() -> None:
    check_held_back(
        net("return x * (y or 3)", "self, x, y: Optional[int] = None"), "decides a value"
    )
