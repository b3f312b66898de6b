"""Lines that a rewrite made too long are wrapped; nothing else is touched."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from torchscript_fix.editing.formatting import configured_line_length, format_touched

SHORT = "def forward(self, input_tensor, second_tensor=None, third_tensor=None):\n    return 1\n"
LONG = (
    "def forward(self, input_tensor, second_tensor: Optional[Tensor] = None, "
    "third_tensor: Optional[Tensor] = None):\n    return 1\n"
)
WRAPPED = (
    "def forward(\n    self,\n    input_tensor,\n    second_tensor: Optional[Tensor] = None,\n"
    "    third_tensor: Optional[Tensor] = None,\n):\n    return 1\n"
)
UGLY = "x = { 'a':1 }\n\n\n\n\nclass A :\n    y=  [1,\n      2 ]\n"


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    return tmp_path / "net.py"


def test_a_line_that_grew_beyond_88_is_wrapped_as_black_does(path: Path) -> None:
    assert format_touched(SHORT, LONG, path) == WRAPPED


def test_nothing_else_is_formatted(path: Path) -> None:
    assert format_touched(UGLY + SHORT + UGLY, UGLY + LONG + UGLY, path) == UGLY + WRAPPED + UGLY


def test_quotes_and_commas_on_the_wrapped_line_stay_as_they_are(path: Path) -> None:
    before = "x = f('a',)\n"
    arguments = f"'a', {'b' * 32}, {'c' * 30}, {'d' * 13}"
    after = f"x = f({arguments})\n"
    assert format_touched(before, after, path) == f"x = f(\n    {arguments}\n)\n"


def test_a_short_rewritten_line_keeps_its_layout(path: Path) -> None:
    before, after = "y=self.convs[i]( x )\n", "y=conv( x )\n"
    assert format_touched(before, after, path) == after


def test_a_line_that_was_as_long_before_may_stay_so(path: Path) -> None:
    tail = " + ".join(["xxxxxxxxx"] * 10)
    before, after = f"y = self.convs[i](x) + {tail}\n", f"y = conv(x) + {tail}\n"
    assert len(after) > 88
    assert format_touched(before, after, path) == after


def test_a_file_full_of_long_lines_has_its_own_limit(path: Path) -> None:
    long = "x = " + " + ".join(["aaaaaaaaa"] * 14) + "\n"
    assert format_touched(long + SHORT, long + LONG, path) == long + LONG


def test_what_a_rewrite_made_long_before_is_no_limit(path: Path) -> None:
    long = "x = " + " + ".join(["aaaaaaaaa"] * 14) + "\n"
    assert format_touched(long + SHORT, long + LONG, path, written=SHORT) == long + WRAPPED


def test_long_comments_and_strings_set_no_limit(path: Path) -> None:
    long = f"x = 1  # {'a' * 150}\n# {'b' * 150}\ny = '''\n{'c' * 150}\n'''\n"
    assert format_touched(long + SHORT, long + LONG, path) == long + WRAPPED


def test_the_limit_of_the_project(path: Path) -> None:
    (path.parent / "pyproject.toml").write_text("[tool.black]\nline-length = 120\n")
    assert format_touched(SHORT, LONG, path) == LONG


def test_the_limit_is_found_upward_and_rereads_nothing_of_other_projects(tmp_path: Path) -> None:
    inner = tmp_path / "inner" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nline-length = 79\n")
    assert configured_line_length(inner) == 79
    (tmp_path / "inner" / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert configured_line_length(inner) == 100
    (inner / "pyproject.toml").write_text("[tool.black\n")
    assert configured_line_length(inner) is None


def test_a_comment_that_is_too_long_wraps_no_code(path: Path) -> None:
    before = "y = self.convs[i](x)\n"
    after = f"y = conv(x)  # {'why ' * 30}\n"
    assert format_touched(before, after, path) == after


@pytest.mark.parametrize("indent", ["  ", "\t"])
def test_files_indented_otherwise_keep_the_long_line(path: Path, indent: str) -> None:
    before = f"class A:\n{indent}{SHORT}".replace("    return", indent * 2 + "return")
    after = f"class A:\n{indent}{LONG}".replace("    return", indent * 2 + "return")
    assert format_touched(before, after, path) == after


def test_crlf_is_kept_and_mixed_line_ends_are_left_alone(path: Path) -> None:
    before, after, wrapped = (text.replace("\n", "\r\n") for text in (SHORT, LONG, WRAPPED))
    assert format_touched(before, after, path) == wrapped
    assert format_touched("a\n" + before, "a\n" + after, path) == "a\n" + after


def test_a_long_statement_inside_a_class_and_a_decorated_function(path: Path) -> None:
    def inside(text: str) -> str:
        return f"class A:\n    x=1\n    @jit( 'a' )\n{indented(text)}    y=2\n"

    assert format_touched(inside(SHORT), inside(LONG), path) == inside(WRAPPED)


def test_a_long_import_is_wrapped(path: Path) -> None:
    names = "AAAAAAAAAAAAAAA, BBBBBBBBBBBBBBBBBB, CCCCCCCCCCCCCCCCC, DDDDDDDDDDDDDD"
    before, after = f"from typing import {names}\n", f"from typing import {names}, Optional\n"
    wrapped = "".join(f"    {name},\n" for name in (*names.split(", "), "Optional"))
    assert format_touched(before, after, path) == f"from typing import (\n{wrapped})\n"


def test_blank_lines_and_comments_around_the_statement_stay(path: Path) -> None:
    def inside(text: str) -> str:
        return f'class A:\n    """Doc."""\n    # one\n\n\n{indented(text)}\n\n\n    # two\n'

    assert format_touched(inside(SHORT), inside(LONG), path) == inside(WRAPPED)


def test_a_long_elif(path: Path) -> None:
    test = " and ".join(f"condition_{letter} is not None" for letter in "abc")
    before = f"if a:\n    pass\nelif {test}:\n    pass\n"
    after = f"if a:\n    pass\nelif {test} and self.convolution is not None:\n    pass\n"
    assert format_touched(before, after, path) == (
        "if a:\n    pass\nelif (\n    condition_a is not None\n    and condition_b is not None\n"
        "    and condition_c is not None\n    and self.convolution is not None\n):\n    pass\n"
    )


def test_a_string_over_several_lines_in_the_statement(path: Path) -> None:
    def code(name: str) -> str:
        return f"class A:\n    def f(self):\n        g({name}, '''\n  text\n        ''')\n"

    before, after = code("x"), code("x" * 90)
    assert "\n  text\n" in format_touched(before, after, path)


def test_a_statement_that_cannot_be_wrapped_leaves_the_others_to_be(path: Path) -> None:
    def code(name: str) -> str:
        return f'class A:\n    x = f({name}, """a\n  b\n    c""")\n'

    arguments = ", ".join(["y"] * 40)
    before = SHORT + code("y") + SHORT
    after = LONG + code(arguments) + LONG
    made = format_touched(before, after, path)
    assert made.startswith(WRAPPED) and made.endswith(WRAPPED)
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(after))


def test_two_long_lines_of_one_statement(path: Path) -> None:
    before = "x = f(\n  a,\n  b)\n"
    long = [f"{letter * 40}, {letter * 46}" for letter in "ab"]
    after = f"x = f(\n  {long[0]},\n  {long[1]})\n"
    lines = ",\n    ".join(", ".join(long).split(", "))
    assert format_touched(before, after, path) == f"x = f(\n    {lines},\n)\n"


def test_a_long_case_and_a_long_statement_in_it(path: Path) -> None:
    names = [f"name{number}" for number in range(20)]
    code = f"match a:\n    case [{', '.join(names)}]:\n        x = f({', '.join(names)})\n"
    made = format_touched("x = 1\n", code, path)
    assert made.count("\n") > 2 * len(names)
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(code))


def test_several_statements_on_a_line(path: Path) -> None:
    before, after = "a = 1; b = 2\n", f"a = 1; b = {'x' * 90}\n"
    assert "\n" not in format_touched(before, after, path).rstrip()


MANY_THREADS = """
import threading, time
from pathlib import Path
from torchscript_fix.editing.formatting import format_touched

after = "x = f(" + ", ".join(f"argument_{i}" for i in range(30)) + ")\\n"
made = []

def wrap(delay):
    time.sleep(delay)
    made.append(format_touched("x = 1\\n", after, Path("net.py")))

threads = [threading.Thread(target=wrap, args=(i * 0.008,)) for i in range(24)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(made) == 24, len(made)
assert all(text.startswith("x = f(\\n    argument_0,\\n") for text in made), made
"""


def test_threads_that_are_the_first_to_wrap_a_line_do_not_meet_half_of_black() -> None:
    """Several loops repair parts of a project at once, in a process that has not imported Black."""
    subprocess.run([sys.executable, "-c", MANY_THREADS], check=True, timeout=120)
