"""A file in parts: a method that changes is cut alone, and comes out as of the whole file."""

import ast
from collections.abc import Iterator, Sequence

import pytest

from torchscript_fix.editing import parts
from torchscript_fix.editing.edit import (
    AddImport,
    AnnotateParameter,
    AnnotateReturn,
    AppendElse,
    Edit,
    GuardBody,
    GuardRest,
    InsertAtHead,
    InsertBefore,
    RemoveStatement,
    RenameFunction,
    ReplaceExpression,
    ReplaceParameters,
    ReplaceStatement,
)
from torchscript_fix.editing.parts import parts_of
from torchscript_fix.editing.surgery import SurgeryError, apply_edits

SOURCE = '''\
"""A file."""

import torch


class One(object):  # of two
    """What it is."""

    kind = "x"; other = 2

    # about first
    @staticmethod
    def first(a):  # behind
        return a

# at the left
    # about second

    def second(self, b):
        """Says
        b."""
        if b:
            b = b + 1
        # at the end
    # of second


class Two: size = 3


def alone(c):
    return c
async def later(g):
    x = await g
    return x
def many(g, h=1):
    # about x

    x = g  # behind x
    if x:
        y = 1
        # in the if
    # behind the if
    y = x; z = y

        # deeper
    for i in x:
        if i:
            continue
        else:
            z = (
    i)

  # shallower
    with y: z = 2
    """Text
that is long"""; w = z
    # at the end
    return w
# of many
class Three(One):

    def third(self, d): return d

    class Inner:
        def fourth(self, e):
            return e
    def fifth(self, f):
        def inside(g):
            return g

        @inside
        def other(): pass
        # before the last
        return (f,
  f)
# the end
'''


def edits_at(node: ast.AST) -> Iterator[Edit]:
    """Every Edit at a node."""
    if isinstance(node, ast.stmt):
        yield InsertBefore(node, "new = 1")
        yield RemoveStatement(node)
        yield ReplaceStatement(node, "old = 2\nolder = 3")
        yield GuardRest(node, "guard", "rest = 5")
    if isinstance(node, ast.If):
        yield AppendElse(node, "other = 6")
    if isinstance(node, ast.If | ast.For | ast.FunctionDef):
        yield GuardBody(node, "inner")
    if isinstance(node, ast.arg):
        yield AnnotateParameter(node, "Any")
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield ReplaceExpression(node, "call(1, 2)")
    if isinstance(node, ast.FunctionDef):
        yield AnnotateReturn(node, "int")
        yield ReplaceParameters(node, "a, *, b")
        yield RenameFunction(node, "renamed")
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield InsertAtHead(node, "body", "head = 4")


def applied(text: str, edits: Sequence[Edit], tree: ast.Module) -> str:
    try:
        return apply_edits(text, edits, tree)
    except SurgeryError as error:
        return str(error).partition(":")[0]


@pytest.mark.parametrize("import_too", [False, True])
@pytest.mark.parametrize("spelled", ["\n", "\r\n", "\t"])
def test_what_comes_out_is_what_comes_out_of_classes_as_a_whole(
    spelled: str, import_too: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SOURCE.replace("    ", "\t") if spelled == "\t" else SOURCE.replace("\n", spelled)
    tree = ast.parse(text)
    more = [AddImport("typing", "Any")] if import_too else []
    single = [[edit, *more] for node in ast.walk(tree) for edit in edits_at(node)]
    pairs = [[*one[:1], *other[:1], *more] for one, other in zip(single, single[7:], strict=False)]
    each_apart = [applied(text, edits, tree) for edits in (*single, *pairs)]
    assert any("new = 1" in made and "@staticmethod" in made for made in each_apart)
    monkeypatch.setattr(parts, "_may_be_split", lambda block, edits: False)
    assert each_apart == [applied(text, edits, tree) for edits in (*single, *pairs)]


def test_a_method_is_a_part_of_its_own() -> None:
    tree = ast.parse(SOURCE)
    second = next(n for n in ast.walk(tree) if getattr(n, "name", "") == "second")
    assert isinstance(second, ast.FunctionDef)
    found = parts_of(SOURCE, tree, [InsertAtHead(second, "body", "head = 4")])
    assert "".join(part.text for part in found) == SOURCE
    (edited,) = [part for part in found if part.edits]
    assert edited.head == "class _:\n"
    assert edited.text.startswith("    def second(self, b):")
    assert edited.text.rstrip().endswith("# of second")
    assert edited.statements == (tree.body[2],)


def test_a_head_and_a_statement_are_parts_of_their_own() -> None:
    tree = ast.parse(SOURCE)
    second = next(n for n in ast.walk(tree) if getattr(n, "name", "") == "second")
    assert isinstance(second, ast.FunctionDef)
    test = second.body[1]
    assert isinstance(test, ast.If)
    edits = [AnnotateReturn(second, "int"), ReplaceExpression(test.test, "c")]
    found = parts_of(SOURCE, tree, edits)
    assert "".join(part.text for part in found) == SOURCE
    head, body = [part for part in found if part.edits]
    assert head.head == "class _:\n"
    assert head.text == '    def second(self, b):\n        """Says\n        b."""\n'
    assert body.head == "class _:\n    def _():\n"
    assert body.text.startswith("        if b:\n")
    assert body.text.rstrip().endswith("# of second")


@pytest.mark.parametrize("above", ["# about it", "# about it\n    @dec", "\n    # about it"])
@pytest.mark.parametrize("head", ["def inner(a):", "async def inner(a):", "class inner:"])
def test_what_goes_before_a_block_in_a_class_goes_above_its_comment(above: str, head: str) -> None:
    text = f"class A:\n    z = a\n    {above}\n    {head}\n        x = a\n        y = a\n"
    tree = ast.parse(text)
    inner = next(n for n in ast.walk(tree) if getattr(n, "name", "") == "inner")
    assert isinstance(inner, ast.stmt)
    made = apply_edits(text, [InsertBefore(inner, "new = 1")], tree)
    before, _, after = text.partition("    # about it")
    assert made == f"{before}    new = 1\n    # about it{after}"


def test_a_class_that_changes_itself_is_one_part() -> None:
    tree = ast.parse(SOURCE)
    found = parts_of(SOURCE, tree, [InsertAtHead(tree.body[2], "body", "head = 4")])
    (edited,) = [part for part in found if part.edits]
    assert edited.text.startswith("class One(object):")
    assert "def second" in edited.text


@pytest.mark.parametrize(
    "above",
    ["a = x\n", "def f(x):\n    a = x\n    ", "class A:\n    def f(self):\n        a = x\n    "],
)
def test_a_decorator_that_is_written_below_its_sign_stays_with_it(above: str) -> None:
    text = (
        f"{above}@(\n        dec\n    )\n{' ' * len(above.rpartition(chr(10))[2])}def g(): pass\n"
    )
    tree = ast.parse(text)
    value = next(n.value for n in ast.walk(tree) if isinstance(n, ast.Assign))
    made = apply_edits(text, [ReplaceExpression(value, "y")], tree)
    assert made == text.replace("a = x", "a = y")
