"""Edits put into real layouts: what comes out, and what is refused."""

import ast
import itertools
import re
import sysconfig
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from textwrap import dedent

import libcst as cst
import pytest

from torchscript_fix.editing.edit import (
    AddImport,
    AnnotateParameter,
    AnnotateReturn,
    AppendElse,
    DecoratorToWith,
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
    place,
)
from torchscript_fix.editing.proof import first_difference
from torchscript_fix.editing.surgery import SurgeryError, apply_edits, import_clashes, overlaps


@dataclass(frozen=True)
class File:
    """A text and the nodes in it, found by what they look like."""

    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def statement(self, start: str) -> ast.stmt:
        return next(
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.stmt) and self._segment(node).startswith(start)
        )

    def branch(self, start: str) -> ast.If:
        found = self.statement(start)
        assert isinstance(found, ast.If)
        return found

    def loop(self, start: str = "for") -> ast.For:
        found = self.statement(start)
        assert isinstance(found, ast.For)
        return found

    def function(self, start: str = "def") -> ast.FunctionDef:
        found = self.statement(start)
        assert isinstance(found, ast.FunctionDef)
        return found

    def expression(self, segment: str) -> ast.expr:
        return next(
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.expr) and self._segment(node) == segment
        )

    def parameter(self, name: str) -> ast.arg:
        return next(
            node for node in ast.walk(self.tree) if isinstance(node, ast.arg) and node.arg == name
        )

    def cut(self, *edits: Edit) -> str:
        return apply_edits(self.text, edits, self.tree)

    def _segment(self, node: ast.AST) -> str:
        return ast.get_source_segment(self.text, node) or ""


def file(text: str) -> File:
    return File(dedent(text).lstrip("\n"))


def text(text: str) -> str:
    return dedent(text).lstrip("\n")


# parameters


def test_an_annotation_sets_spaces_around_the_default() -> None:
    f = file("def f(x, x2=None, x3 = None):\n    pass\n")
    assert (
        f.cut(
            AnnotateParameter(f.parameter("x2"), "Optional[Tensor]"),
            AnnotateParameter(f.parameter("x3"), "Optional[Tensor]"),
        )
        == "def f(x, x2: Optional[Tensor] = None, x3: Optional[Tensor] = None):\n    pass\n"
    )


def test_an_annotation_replaces_the_one_that_is_there() -> None:
    f = file("def f(x: Tensor=None, *args, y: 'int'=1): pass\n")
    assert (
        f.cut(
            AnnotateParameter(f.parameter("x"), "Optional[Tensor]"),
            AnnotateParameter(f.parameter("y"), "int"),
        )
        == "def f(x: Optional[Tensor] = None, *args, y: int = 1): pass\n"
    )


def test_parameters_over_several_lines_keep_their_layout_and_comments() -> None:
    f = file("""
        def f(
            self, x,
            x2=None,  # the other
            *rest,
            **more
        ):
            return x
        """)
    assert f.cut(AnnotateParameter(f.parameter("x2"), "Optional[Tensor]")) == text("""
        def f(
            self, x,
            x2: Optional[Tensor] = None,  # the other
            *rest,
            **more
        ):
            return x
        """)


def test_a_parameter_of_a_lambda_cannot_be_annotated() -> None:
    f = file("f = lambda x=None: x\n")
    with pytest.raises(SurgeryError, match="LibCST refuses the result: Lambda params"):
        f.cut(AnnotateParameter(f.parameter("x"), "Optional[Tensor]"))


def test_other_parameters_and_what_a_function_returns() -> None:
    f = file("""
        class A:
            @staticmethod
            def f (x,
                   *args, **kwargs):  # said behind
                # said inside
                return g(x, *args)
        """)
    function = next(n for n in ast.walk(f.tree) if isinstance(n, ast.FunctionDef))
    assert f.cut(
        ReplaceParameters(function, "x, y: int = 1, *, z"),
        AnnotateReturn(function, "Tensor"),
    ) == text(
        """
        class A:
            @staticmethod
            def f (x, y: int = 1, *, z) -> Tensor:  # said behind
                # said inside
                return g(x, *args)
        """
    )


def test_a_function_gets_another_name_below_one_that_calls_it() -> None:
    f = file("""
        class A:
            # said of f
            @cached
            def f (self, x):
                return x
        """)
    node = f.function()
    edits = (InsertBefore(node, "def f(self, x):\n    return self.g(x)"), RenameFunction(node, "g"))
    assert f.cut(*edits) == text("""
        class A:
            def f(self, x):
                return self.g(x)

            # said of f
            @cached
            def g (self, x):
                return x
        """)
    assert overlaps(RenameFunction(node, "g"), RenameFunction(node, "h"))


def test_another_return_annotation_and_no_parameters() -> None:
    f = file("def f(**kwargs)->int: pass\n")
    function = f.function()
    edits = ReplaceParameters(function, ""), AnnotateReturn(function, "List[int]")
    assert f.cut(*edits) == "def f()->List[int]: pass\n"


# inserting


def test_at_the_head_of_a_function_behind_its_docstring() -> None:
    f = file('''
        def f(x):
            """What it does."""

            # doubled
            return x + x
        ''')
    assert f.cut(InsertAtHead(f.function(), "body", "assert x is not None")) == text('''
        def f(x):
            """What it does."""

            assert x is not None
            # doubled
            return x + x
        ''')


def test_at_the_head_of_a_function_that_is_all_docstring() -> None:
    f = file('def f(x):\n    """Nothing."""  # yet\n')
    assert f.cut(InsertAtHead(f.function(), "body", "assert x")) == (
        'def f(x):\n    """Nothing."""  # yet\n    assert x\n'
    )


def test_a_comment_stays_with_the_statement_that_it_is_about() -> None:
    f = file("""
        def f(x):
            y = x
            # section

            # upsample
            y = y + 1  # by one
            return y
        """)
    assert f.cut(InsertBefore(f.statement("y = y"), "assert y")) == text("""
        def f(x):
            y = x
            # section

            assert y
            # upsample
            y = y + 1  # by one
            return y
        """)


def test_before_a_decorated_function() -> None:
    f = file("a = 1\n\n\n# traced\n@trace\ndef f(x):\n    return x\n")
    assert f.cut(InsertBefore(f.function("def f"), "b = 2")) == (
        "a = 1\n\n\nb = 2\n# traced\n@trace\ndef f(x):\n    return x\n"
    )


def test_a_body_on_the_line_of_its_header_moves_below() -> None:
    f = file("def f(self, x):\n    if x: return x  # early\n    else: pass\n")
    assert f.cut(
        InsertAtHead(f.branch("if"), "body", "assert x"),
        InsertAtHead(f.branch("if"), "orelse", "assert not x"),
    ) == text(
        """
        def f(self, x):
            if x:
                assert x
                return x  # early
            else:
                assert not x
                pass
        """
    )


def test_a_function_on_one_line() -> None:
    f = file("class A:\n    def f(self, x): return x\n")
    assert f.cut(InsertAtHead(f.function("def"), "body", "assert x")) == (
        "class A:\n    def f(self, x):\n        assert x\n        return x\n"
    )


def test_between_statements_on_one_line() -> None:
    f = file("if c:\n    a = 1; b = a; d = b  # three\n")
    assert f.cut(InsertBefore(f.statement("b = a"), "assert a")) == (
        "if c:\n    a = 1\n    assert a\n    b = a; d = b  # three\n"
    )


def test_before_an_elif() -> None:
    f = file("""
        if a:
            x = 1
        # or else
        elif b:  # b
            x = 2
            # of b
        else:
            x = 3
        y = x
        """)
    assert f.cut(InsertBefore(f.branch("elif b"), "assert b")) == (text("""
            if a:
                x = 1
            # or else
            else:
                assert b
                if b:  # b
                    x = 2
                    # of b
                else:
                    x = 3
            y = x
            """))


def test_the_same_line_at_the_same_place_is_inserted_once_and_the_order_is_kept() -> None:
    f = file("def f(x, y):\n    return x + y\n")
    head = f.function()
    assert (
        f.cut(
            InsertAtHead(head, "body", "assert x"),
            InsertAtHead(head, "body", "assert y"),
            InsertAtHead(head, "body", "assert x"),
            InsertBefore(f.statement("return"), "assert y"),
        )
        == "def f(x, y):\n    assert x\n    assert y\n    return x + y\n"
    )


def test_into_the_blocks_of_try_and_loops() -> None:
    f = file("""
        try:
            a()
        except E: b()
        else:
            c()
        finally:
            d()
        for i in x:
            e()
        else:
            g()
        """)
    attempt, loop = f.statement("try"), f.loop()
    assert f.cut(
        InsertAtHead(attempt, "body", "b1"),
        InsertAtHead(attempt, "orelse", "b2"),
        InsertAtHead(attempt, "finalbody", "b3"),
        InsertAtHead(loop, "orelse", "b4"),
    ) == text(
        """
        try:
            b1
            a()
        except E: b()
        else:
            b2
            c()
        finally:
            b3
            d()
        for i in x:
            e()
        else:
            b4
            g()
        """
    )


def test_a_block_that_is_not_there() -> None:
    f = file("for i in x:\n    pass\n")
    with pytest.raises(SurgeryError, match="line 1: this For has no such block"):
        f.cut(InsertAtHead(f.loop(), "orelse", "a = 1"))


# else


def test_else_at_the_end_of_an_elif_chain_with_the_comment_of_the_outer_level_outside() -> None:
    f = file("""
        class A:
            def __init__(self, c):
                if c == 1:
                    self.conv = 1
                elif c == 2:
                    self.conv = 2
                    # two
                # from here on
                self.done = True
                if c:
                    pass
                # the end
        """)
    assert f.cut(
        AppendElse(f.branch("if c == 1"), "self.conv = None"),
        AppendElse(f.branch("if c:"), "self.no = None"),
    ) == text(
        """
        class A:
            def __init__(self, c):
                if c == 1:
                    self.conv = 1
                elif c == 2:
                    self.conv = 2
                    # two
                else:
                    self.conv = None
                # from here on
                self.done = True
                if c:
                    pass
                else:
                    self.no = None
                # the end
        """
    )


def test_else_that_is_there_takes_the_statement_before_it_leaves() -> None:
    f = file("""
        def f(a):
            if a:
                x = 1
            else:
                y = 2
                return y
            if a: pass
            else: pass  # nothing
        """)
    first, second = (node for node in ast.walk(f.tree) if isinstance(node, ast.If))
    assert f.cut(AppendElse(first, "x = None"), AppendElse(second, "z = None")) == text("""
        def f(a):
            if a:
                x = 1
            else:
                y = 2
                x = None
                return y
            if a: pass
            else:
                z = None  # nothing
        """)


def test_else_for_an_elif_that_something_is_inserted_before() -> None:
    f = file("if a:\n    x = 1\nelif b:\n    x = 2\n")
    assert f.cut(
        AppendElse(f.branch("if a"), "x = 3"), InsertBefore(f.branch("elif"), "b = g()")
    ) == text(
        """
        if a:
            x = 1
        else:
            b = g()
            if b:
                x = 2
            else:
                x = 3
        """
    )


def test_two_statements_appended_to_one_else() -> None:
    f = file("if a:\n    x = 1\n")
    assert (
        f.cut(AppendElse(f.branch("if"), "x = None"), AppendElse(f.branch("if"), "y = None"))
        == "if a:\n    x = 1\nelse:\n    x = None\n    y = None\n"
    )


# expressions


def test_expressions_in_parentheses_keep_them() -> None:
    f = file("y = (x2)(1)\nz = ( self.convs[i] )(x)\n")
    assert (
        f.cut(
            ReplaceExpression(f.expression("x2"), "conv"),
            ReplaceExpression(f.expression("self.convs[i]"), "(a if b else c)"),
        )
        == "y = (conv)(1)\nz = ( a if b else c )(x)\n"
    )


def test_the_parentheses_of_a_tuple_and_of_a_generator_are_its_own() -> None:
    f = file("for (i, x) in ((a, b)):\n    y = f(t for t in x)\n    z = g((t for t in y), 1)\n")
    assert (
        f.cut(
            ReplaceExpression(f.expression("(i, x)"), "x"),
            ReplaceExpression(f.expression("(a, b)"), "[a, b]"),
            ReplaceExpression(f.expression("(t for t in x)"), "x"),
            ReplaceExpression(f.expression("(t for t in y)"), "y"),
        )
        == "for x in ([a, b]):\n    y = f(x)\n    z = g(y, 1)\n"
    )


def test_columns_behind_letters_that_are_not_ascii() -> None:
    f = file('s = "é日本𝄞"; x = "ü" + self.convs[i](x)  # ß\n')
    assert f.cut(ReplaceExpression(f.expression("self.convs[i]"), "conv")) == (
        's = "é日本𝄞"; x = "ü" + conv(x)  # ß\n'
    )


def test_an_expression_over_several_lines() -> None:
    f = file("y = f(\n    self.convs[\n        i\n    ],  # conv\n    2)\n")
    assert f.cut(ReplaceExpression(f.expression("self.convs[\n        i\n    ]"), "conv")) == (
        "y = f(\n    conv,  # conv\n    2)\n"
    )


def test_an_expression_that_would_bind_otherwise_without_parentheses_is_refused() -> None:
    f = file("y = x * 2\n")
    with pytest.raises(SurgeryError, match="not be what was asked for"):
        f.cut(ReplaceExpression(f.expression("x"), "a + b"))


def test_a_name_glued_to_a_keyword_is_refused() -> None:
    f = file("def f(x):\n    return[x]\n")
    with pytest.raises(SurgeryError, match="LibCST refuses the result: Must have at least one"):
        f.cut(ReplaceExpression(f.expression("[x]"), "x"))


def test_a_decorator_and_a_default_are_expressions_too() -> None:
    f = file("@trace(a.b)\ndef f(x=c.d): pass\n")
    assert (
        f.cut(
            ReplaceExpression(f.expression("a.b"), "q"),
            ReplaceExpression(f.expression("c.d"), "None"),
            AnnotateParameter(f.parameter("x"), "Optional[int]"),
        )
        == "@trace(q)\ndef f(x: Optional[int] = None): pass\n"
    )


# statements


def test_a_statement_replaced_by_several_keeps_the_comments_around_it() -> None:
    f = file("def f(x):\n    # apply\n    x = g(x)  # all\n\n    return x\n")
    assert f.cut(ReplaceStatement(f.statement("x = g"), "y = g(x)\nx = y")) == (
        "def f(x):\n    # apply\n    y = g(x)\n    x = y  # all\n\n    return x\n"
    )


def test_a_statement_replaced_by_a_compound_one_keeps_its_comment_behind_the_header() -> None:
    f = file("def f(x):\n\tx = self.convs[i](x)  # pick\n")
    code = "for j, conv in enumerate(self.convs):\n    if i == j:\n        x = conv(x)"
    assert f.cut(ReplaceStatement(f.statement("x = "), code)) == (
        "def f(x):\n"
        "\tfor j, conv in enumerate(self.convs):  # pick\n"
        "\t\tif i == j:\n"
        "\t\t\tx = conv(x)\n"
    )


def test_a_compound_statement_replaced() -> None:
    f = file("# all\nfor i in range(3):  # loop\n    f(i)\n# after\ng()\n")
    assert f.cut(ReplaceStatement(f.loop(), "for conv in convs:\n    f(conv)")) == (
        "# all\nfor conv in convs:  # loop\n    f(conv)\n# after\ng()\n"
    )


def test_one_of_several_statements_on_a_line_replaced() -> None:
    f = file("a = 1; b = 2; c = 3\n")
    assert f.cut(ReplaceStatement(f.statement("b"), "b = 4")) == "a = 1; b = 4; c = 3\n"
    assert f.cut(ReplaceStatement(f.statement("b"), "if a:\n    b = 4")) == (
        "a = 1\nif a:\n    b = 4\nc = 3\n"
    )


def test_an_elif_replaced_and_removed() -> None:
    f = file("if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\n")
    assert f.cut(ReplaceStatement(f.branch("elif"), "if c:\n    x = 4")) == (
        "if a:\n    x = 1\nelif c:\n    x = 4\n"
    )
    assert f.cut(RemoveStatement(f.branch("elif"))) == "if a:\n    x = 1\n"


def test_a_removed_statement_leaves_the_comments_above_it() -> None:
    f = file("""
        def f(x):
            a = 1

            # why
            b = 2  # gone

            return a
        """)
    assert f.cut(RemoveStatement(f.statement("b"))) == text("""
        def f(x):
            a = 1

            # why

            return a
        """)


def test_no_blank_line_is_doubled_where_a_statement_went() -> None:
    f = file("a = 1\n\nb = 2\n\nc = 3\n")
    assert f.cut(RemoveStatement(f.statement("b"))) == "a = 1\n\nc = 3\n"


def test_the_last_statement_of_a_block_leaves_pass() -> None:
    f = file("def f(x):\n    if x: y = 1\n    else:\n        # so\n        y = 2\n")
    assert (
        f.cut(RemoveStatement(f.statement("y = 1")), RemoveStatement(f.statement("y = 2")))
        == "def f(x):\n    if x: pass\n    else:\n        # so\n        pass\n"
    )


# guards


def test_a_guard_takes_the_whole_body_with_its_comments() -> None:
    f = file("""
        for i, k in enumerate(xs):  # all
            # first
            a(i)
            s = '''
        kept as it is
        '''

            b(k,
              i)
            # last
        c()
        """)
    assert f.cut(GuardBody(f.loop(), "i < 3")) == text("""
        for i, k in enumerate(xs):  # all
            if i < 3:
                # first
                a(i)
                s = '''
        kept as it is
        '''

                b(k,
                  i)
                # last
        c()
        """)


def test_a_guard_for_a_body_on_the_line_of_its_header() -> None:
    f = file("for x in xs: y += x  # sum\n")
    assert f.cut(GuardBody(f.loop(), "x > 0")) == (
        "for x in xs:\n    if x > 0:\n        y += x  # sum\n"
    )


def test_a_guard_in_a_function_leaves_the_docstring_outside() -> None:
    f = file('def f(x):\n    """Doc."""\n\n    # one\n    g(x)\n')
    assert f.cut(GuardBody(f.function(), "x")) == (
        'def f(x):\n    """Doc."""\n\n    if x:\n        # one\n        g(x)\n'
    )


def test_a_guard_with_an_else() -> None:
    f = file("""
        def f(x):
            if x:  # why
                # first
                a(x)
                # last

            b(x)
        """)
    edit = GuardBody(f.branch("if x"), "here()", otherwise='raise ValueError("x")')
    assert f.cut(edit) == text("""
        def f(x):
            if x:  # why
                if here():
                    # first
                    a(x)
                    # last
                else:
                    raise ValueError("x")

            b(x)
        """)


def test_a_guard_for_what_stands_under_else() -> None:
    f = file("""
        if x:
            a(x)
        elif y:
            b(x)
        else: c(x)  # so
        """)
    assert f.cut(GuardBody(f.branch("elif y"), "here()", "orelse", "pass")) == text("""
        if x:
            a(x)
        elif y:
            b(x)
        else:
            if here():
                c(x)  # so
            else:
                pass
        """)


def test_a_decorator_becomes_a_with_around_the_body() -> None:
    f = file("""
        class A:
            # said of f
            @cached
            # no gradients
            @quiet(1)  # here
            @last
            def f(self, x):
                'Doc.'

                # one
                g(x)
                return x
                # behind

            @quiet
            def g(self): return 1  # one
        """)
    node, other = f.function("def f"), f.function("def g")
    edits = [
        DecoratorToWith(node, node.decorator_list[1], "quiet(1)"),
        InsertAtHead(node, "body", "h(x)"),
        DecoratorToWith(other, other.decorator_list[0], "quiet()"),
    ]
    assert f.cut(*edits) == text("""
        class A:
            # said of f
            @cached
            # no gradients
            # here
            @last
            def f(self, x):
                'Doc.'

                with quiet(1):
                    h(x)
                    # one
                    g(x)
                    return x
                    # behind

            def g(self):
                with quiet():
                    return 1  # one
        """)
    assert overlaps(edits[0], DecoratorToWith(node, node.decorator_list[0], "cached"))
    assert overlaps(edits[0], ReplaceExpression(node.decorator_list[1], "loud"))
    assert not overlaps(edits[0], RenameFunction(node, "g"))


def test_a_decorator_of_nothing_but_a_docstring_stays() -> None:
    f = file('@quiet\ndef f(x):\n    """Doc."""\n')
    node = f.function()
    with pytest.raises(SurgeryError, match="nothing but a docstring"):
        f.cut(DecoratorToWith(node, node.decorator_list[0], "quiet()"))


def test_a_guard_cannot_take_an_elif() -> None:
    f = file("if x:\n    a(x)\nelif y:\n    b(x)\n")
    with pytest.raises(SurgeryError, match="an elif cannot be guarded"):
        f.cut(GuardBody(f.branch("if x"), "here()", "orelse", "pass"))
    with pytest.raises(SurgeryError, match="no such block"):
        f.cut(GuardBody(f.branch("elif y"), "here()", "orelse", "pass"))


def test_a_guard_for_the_rest_of_a_block() -> None:
    f = file("""
        def f(x):
            if x:
                return 1

            # about y
            y = [
                x,
            ]
            return y  # so
            # at the end

        g()
        """)
    assert f.cut(GuardRest(f.statement("y ="), "here()", "raise E")) == text("""
        def f(x):
            if x:
                return 1

            if here():
                # about y
                y = [
                    x,
                ]
                return y  # so
                # at the end
            else:
                raise E

        g()
        """)


def test_what_is_inserted_before_the_rest_goes_under_its_guard() -> None:
    f = file("def f(x):\n    if x:\n        return 1\n    y = x; return y\n")
    y = f.statement("y = x")
    assert f.cut(InsertBefore(y, "assert x"), GuardRest(y, "here()", "pass")) == (
        "def f(x):\n    if x:\n        return 1\n    if here():\n"
        "        assert x\n        y = x; return y\n    else:\n        pass\n"
    )


def test_a_guard_for_the_rest_in_another() -> None:
    f = file("def f():\n    a()\n    b()\n    c()\n")
    edits = [GuardRest(f.statement("b"), "x", "pass"), GuardRest(f.statement("c"), "y", "pass")]
    assert f.cut(*edits) == (
        "def f():\n    a()\n    if x:\n        b()\n        if y:\n            c()\n"
        "        else:\n            pass\n    else:\n        pass\n"
    )


def test_edits_in_each_other_compose() -> None:
    f = file("""
        def forward(self, x, x2=None):
            for i in range(len(self.convs)):
                x = self.convs[i](x)
                if self.add[i]:
                    x = x + x2
            return x
        """)
    loop = f.loop()
    assert f.cut(
        ReplaceExpression(loop.target, "i, conv"),
        ReplaceExpression(loop.iter, "enumerate(self.convs)"),
        ReplaceExpression(f.expression("self.convs[i]"), "conv"),
        GuardBody(loop, "i < 3"),
        InsertAtHead(f.branch("if self"), "body", "assert x2 is not None"),
        InsertAtHead(loop, "body", "print(i)"),
        AnnotateParameter(f.parameter("x2"), "Optional[Tensor]"),
    ) == text(
        """
        def forward(self, x, x2: Optional[Tensor] = None):
            for i, conv in enumerate(self.convs):
                if i < 3:
                    print(i)
                    x = conv(x)
                    if self.add[i]:
                        assert x2 is not None
                        x = x + x2
            return x
        """
    )


# the host's own way of writing


LAYOUT = "class A:\n    def f(self, x):\n        if x: return 1\n        y = (x,\n             2)\n"


def layout_edits(f: File) -> list[Edit]:
    code = "for a in x:\n    if a:\n        g(a)"
    return [
        InsertAtHead(f.function("def f"), "body", code),
        InsertAtHead(f.branch("if x"), "body", "assert x"),
        AppendElse(f.branch("if x"), "z = None"),
        GuardBody(f.function("def f"), "self"),
    ]


LAYOUT_DONE = (
    "class A:\n    def f(self, x):\n        if self:\n"
    "            for a in x:\n                if a:\n                    g(a)\n"
    "            if x:\n                assert x\n                return 1\n"
    "            else:\n                z = None\n"
    "            y = (x,\n                 2)\n"
)


@pytest.mark.parametrize("indent", ["    ", "  ", "\t", "   "])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_new_lines_are_indented_and_ended_as_the_file_is(indent: str, newline: str) -> None:
    def spelled(text: str) -> str:
        lines = text.split("\n")
        steps = [(len(line) - len(line.lstrip())) // 4 for line in lines]
        return newline.join(
            indent * step + line.lstrip() for line, step in zip(lines, steps, strict=True)
        )

    layout, done = (
        re.sub(r"y = \(x,\n *2\)", "y = (x, 2)", part) for part in (LAYOUT, LAYOUT_DONE)
    )
    f = File(spelled(layout))
    assert f.cut(*layout_edits(f)) == spelled(done)


def test_continuation_lines_move_with_their_statement() -> None:
    f = File(LAYOUT)
    assert f.cut(*layout_edits(f)) == LAYOUT_DONE


def test_a_class_indented_otherwise_than_the_rest_of_the_file() -> None:
    f = file("def f():\n    pass\n\n\nclass A:\n  def g(self, x):\n    if x: return 1\n")
    assert f.cut(
        InsertAtHead(f.function("def g"), "body", "if x:\n    h()"),
        AppendElse(f.branch("if x"), "z = 1"),
        InsertAtHead(f.branch("if x"), "body", "y = 1"),
    ) == (
        "def f():\n    pass\n\n\nclass A:\n  def g(self, x):\n"
        "    if x:\n      h()\n    if x:\n      y = 1\n      return 1\n    else:\n      z = 1\n"
    )


def test_mixed_line_ends_new_lines_end_as_their_neighbours_do() -> None:
    f = File("a = 1\ndef f(x):\r\n    return x\r\nb = 2\ndef g(x):\n    return x\nc = 3\r\n")
    crlf = File("if a:\r\n    b = c\n")
    assert crlf.cut(ReplaceExpression(crlf.expression("c"), "f(\n    d)")) == (
        "if a:\r\n    b = f(\n        d)\n"
    )
    assert f.cut(
        InsertBefore(f.statement("return x"), "if x:\n    h()"),
        InsertAtHead(f.function("def g"), "body", "assert x"),
    ) == (
        "a = 1\ndef f(x):\r\n    if x:\r\n        h()\r\n    return x\r\n"
        "b = 2\ndef g(x):\n    assert x\n    return x\nc = 3\r\n"
    )


def test_inner_form_feeds_and_continuation_lines_stay() -> None:
    f = File("import a\n\x0c\ndef f(x):\n    y = x \\\n        + 1\n\x0c\n    return y\n")
    assert f.cut(InsertAtHead(f.function(), "body", "assert x")) == (
        "import a\n\x0c\ndef f(x):\n    assert x\n    y = x \\\n        + 1\n\x0c\n    return y\n"
    )


def test_a_file_without_a_last_newline() -> None:
    f = File("def f(x):\r\n    if x:\r\n        return x")
    assert f.cut(AppendElse(f.branch("if"), "return None")) == (
        "def f(x):\r\n    if x:\r\n        return x\r\n    else:\r\n        return None"
    )


def test_a_form_feed_before_code_is_refused() -> None:
    f = File("def f():\n    a = 1\n\x0c    b = 2\n")
    with pytest.raises(SurgeryError, match="byte for byte"):
        f.cut(InsertBefore(f.statement("a"), "c = 3"))


def test_what_libcst_cannot_reproduce_elsewhere_in_the_file_stays_as_it_is() -> None:
    f = File("a = 1\n\x0cb = 2\n\n\ndef f(x):\n    return x\n\n\n\x0cc = 3\n")
    assert f.cut(InsertAtHead(f.function(), "body", "assert x")) == (
        "a = 1\n\x0cb = 2\n\n\ndef f(x):\n    assert x\n    return x\n\n\n\x0cc = 3\n"
    )


def test_statements_of_the_module_keep_the_comments_between_them() -> None:
    f = file("""
        # header

        a = 1
        # b
        b = 2

        # c
        c = 3; d = 4
        # end
        """)
    assert f.cut(
        RemoveStatement(f.statement("a")),
        InsertBefore(f.statement("b"), "x = 1"),
        ReplaceStatement(f.statement("d"), "if c:\n    d = 5"),
        InsertBefore(f.statement("c"), "y = 1"),
    ) == text(
        """
        # header

        x = 1
        # b
        b = 2

        y = 1
        # c
        c = 3
        if c:
            d = 5
        # end
        """
    )


def test_a_comment_indented_below_the_last_function_stays_with_it() -> None:
    f = file("""
        def f(a):
            if a:
                b()
                # of the branch
            # of the function

        # of the module
        def g(): pass
        """)
    assert f.cut(AppendElse(f.branch("if"), "c()")) == text("""
        def f(a):
            if a:
                b()
                # of the branch
            else:
                c()
            # of the function

        # of the module
        def g(): pass
        """)


def test_an_import_alone_and_an_import_in_an_empty_file() -> None:
    assert file("import os\nx = 1\n").cut(AddImport("typing", "List")) == (
        "import os\nfrom typing import List\nx = 1\n"
    )
    assert file("import os\n").cut(AddImport("torch")) == "import os\n\nimport torch\n"
    assert file("").cut(AddImport("torch")) == "import torch\n"
    assert file("# only this\n").cut(AddImport("torch")) == "# only this\nimport torch\n"


def test_no_edits_no_change() -> None:
    f = File("a = 1\n\x0cb = 2\n")
    assert f.cut() == f.text


# what cannot be together


def test_overlapping_edits_are_refused() -> None:
    f = file("for i in x:\n    y = self.convs[i](x)\n")
    inner = ReplaceExpression(f.expression("self.convs"), "a")
    outer = ReplaceExpression(f.expression("self.convs[i]"), "b")
    with pytest.raises(SurgeryError, match="two edits overlap"):
        f.cut(inner, outer)


def test_what_overlaps_and_what_does_not() -> None:
    f = file("def f(x: int = 1):\n    if x:\n        y = g(x)\n    return y\n")
    branch, inner = f.branch("if"), f.statement("y = g")
    call, name = f.expression("g(x)"), f.expression("g")
    parameter = f.parameter("x")
    annotate = AnnotateParameter(parameter, "Optional[int]")
    assert overlaps(ReplaceStatement(branch, "pass"), InsertBefore(inner, "a"))
    assert overlaps(InsertBefore(inner, "a"), RemoveStatement(branch))
    assert overlaps(ReplaceStatement(branch, "pass"), InsertAtHead(branch, "body", "a"))
    assert overlaps(ReplaceStatement(branch, "pass"), GuardBody(branch, "a"))
    assert overlaps(ReplaceStatement(branch, "pass"), AppendElse(branch, "a"))
    assert overlaps(ReplaceStatement(branch, "pass"), ReplaceStatement(branch, "a"))
    assert overlaps(ReplaceStatement(f.function(), "pass"), annotate)
    assert overlaps(ReplaceExpression(call, "a"), ReplaceExpression(name, "b"))
    assert overlaps(annotate, AnnotateParameter(parameter, "int"))
    assert overlaps(annotate, ReplaceExpression(f.expression("int"), "float"))
    assert overlaps(ReplaceParameters(f.function(), "x"), annotate)
    assert overlaps(ReplaceParameters(f.function(), "x"), ReplaceParameters(f.function(), "y"))
    assert overlaps(ReplaceParameters(f.function(), ""), ReplaceExpression(f.expression("1"), "2"))
    assert overlaps(ReplaceStatement(f.function(), ""), ReplaceParameters(f.function(), "x"))

    assert not overlaps(ReplaceStatement(branch, "pass"), InsertBefore(branch, "a"))
    assert not overlaps(ReplaceExpression(call, "a"), ReplaceExpression(call, "a"))
    assert not overlaps(ReplaceExpression(call, "a"), InsertBefore(inner, "b"))
    assert not overlaps(annotate, AnnotateParameter(parameter, "Optional[int]"))
    assert not overlaps(annotate, ReplaceExpression(f.expression("1"), "2"))
    assert not overlaps(ReplaceParameters(f.function(), ""), ReplaceExpression(call, "b"))
    assert not overlaps(ReplaceParameters(f.function(), ""), AnnotateReturn(f.function(), "int"))
    assert not overlaps(GuardBody(branch, "a"), InsertAtHead(branch, "body", "b"))
    assert not overlaps(AddImport("typing", "List"), ReplaceStatement(branch, "pass"))


def test_inserting_before_a_statement_that_is_replaced_or_removed() -> None:
    f = file("def f(x):\n    # y\n    y = 1\n    # z\n    z = 2\n")
    assert (
        f.cut(
            InsertBefore(f.statement("y"), "a = 1"),
            ReplaceStatement(f.statement("y"), "y = 2"),
            InsertBefore(f.statement("z"), "b = 1"),
            RemoveStatement(f.statement("z")),
        )
        == "def f(x):\n    a = 1\n    # y\n    y = 2\n    # z\n    b = 1\n"
    )


def test_a_result_that_is_not_what_was_asked_for_is_found_out() -> None:
    f = file("if a:\n    x = 1\ny = 2\n")
    edit = AppendElse(f.branch("if"), "z = 3")
    right = ast.parse("if a:\n    x = 1\nelse:\n    z = 3\ny = 2\n")
    wrong = ast.parse("if a:\n    x = 1\nelse:\n    z = 4\ny = 2\n")
    assert first_difference(f.tree, [edit], right, f.tree.body) is None
    assert first_difference(f.tree, [edit], wrong, f.tree.body) == "line 4: 4 for 3"
    assert first_difference(f.tree, [edit], f.tree, f.tree.body) is not None


# imports


def with_import(before: str, module: str = "typing", name: str | None = "Optional") -> str:
    """`before` with the import, needed by its last statement."""
    f = file(before)
    last = f.tree.body[-1]
    return f.cut(AddImport(module, name), InsertAtHead(last, "body", "assert x"))


USE = "def f(x):\n    pass\n"
USED = "def f(x):\n    assert x\n    pass\n"


@pytest.mark.parametrize(
    ("situation", "before", "after"),
    [
        (
            "a line that is there",
            "from typing import List, Tuple\n",
            "from typing import List, Optional, Tuple\n",
        ),
        (
            "names in no order",
            "from typing import Tuple, List  # types\n",
            "from typing import Tuple, List, Optional  # types\n",
        ),
        (
            "names in parentheses, one a line",
            "from typing import (\n    Dict,\n    List,  # lists\n)\n",
            "from typing import (\n    Dict,\n    List,  # lists\n    Optional,\n)\n",
        ),
        (
            "names in parentheses, no comma at the end",
            "from typing import (Dict,\n                    Tuple)\n",
            "from typing import (Dict,\n                    Optional,\n"
            "                    Tuple)\n",
        ),
        (
            "an alias in the line",
            "from typing import List as L\n",
            "from typing import List as L, Optional\n",
        ),
        (
            "imported under another name only",
            "from typing import Optional as O\n",
            "from typing import Optional, Optional as O\n",
        ),
        (
            "a line behind other statements",
            "import os\nos.environ['A'] = '1'\nfrom typing import List\n",
            "import os\nos.environ['A'] = '1'\nfrom typing import List, Optional\n",
        ),
        (
            "a backslash",
            "from typing import Dict, \\\n    List\n",
            "from typing import Dict, \\\n    List, Optional\n",
        ),
        (
            "several statements on the line",
            "import os; from typing import List\n",
            "import os; from typing import List, Optional\n",
        ),
        (
            "groups in order",
            "import os\nimport sys\n\nimport torch\nfrom torch import nn\n",
            "import os\nimport sys\nfrom typing import Optional\n\n"
            "import torch\nfrom torch import nn\n",
        ),
        (
            "a sorted group of from-imports",
            "from abc import ABC\nfrom zlib import crc32\n",
            "from abc import ABC\nfrom typing import Optional\nfrom zlib import crc32\n",
        ),
        (
            "first of a group under a comment",
            "# standard\n\nfrom unittest import mock\nfrom zlib import crc32\n",
            "# standard\n\nfrom typing import Optional\n"
            "from unittest import mock\nfrom zlib import crc32\n",
        ),
        (
            "no group of the standard library",
            "import torch\nfrom torch import nn\n",
            "from typing import Optional\n\nimport torch\nfrom torch import nn\n",
        ),
        (
            "imports in no order at all",
            "import torch\nimport math\nfrom . import x\nimport numpy as np\n",
            "from typing import Optional\nimport torch\nimport math\nfrom . import x\n"
            "import numpy as np\n",
        ),
        (
            "a plain import of the module",
            "import torch\nimport typing\nimport cv2\n",
            "import torch\nimport typing\nfrom typing import Optional\nimport cv2\n",
        ),
        (
            "from __future__ alone",
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nfrom typing import Optional\n",
        ),
        (
            "from __future__ and others, closely",
            "from __future__ import division\nimport torch\nimport math\n",
            "from __future__ import division\nfrom typing import Optional\nimport torch\n"
            "import math\n",
        ),
        (
            "from __future__ and others, apart",
            "from __future__ import division\n\nimport torch\n",
            "from __future__ import division\n\nfrom typing import Optional\n\nimport torch\n",
        ),
        (
            "shebang, encoding and docstring",
            '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n"""Doc."""\nimport torch\n',
            '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n"""Doc."""\n'
            "from typing import Optional\n\nimport torch\n",
        ),
        (
            "a licence above, a comment on the imports",
            "# Licence\n# MIT\n\n# Torch\nimport torch\n",
            "# Licence\n# MIT\n\nfrom typing import Optional\n\n# Torch\nimport torch\n",
        ),
        (
            "under try and if only",
            "try:\n    import a\nexcept ImportError:\n    from typing import List\n"
            "if a:\n    from typing import Optional\n",
            "from typing import Optional\n\ntry:\n    import a\nexcept ImportError:\n"
            "    from typing import List\nif a:\n    from typing import Optional\n",
        ),
    ],
)
def test_an_import_goes_where_a_person_would_put_it(
    situation: str, before: str, after: str
) -> None:
    assert with_import(before + "\n\n" + USE) == after + "\n\n" + USED, situation


@pytest.mark.parametrize(
    "already",
    [
        "from typing import Optional\n",
        "from typing import *\n",
        "from typing import List, Optional as Optional\n",
        "from typing_extensions import Optional\n",
        "try:\n    from typing import Optional\nexcept ImportError:\n    Optional = None\n",
    ],
)
def test_an_import_that_is_there_is_not_added(already: str) -> None:
    assert with_import(already + USE) == already + USED


def test_an_import_that_comes_too_late_is_no_import() -> None:
    f = file(USE + "\n\nfrom typing import List, Optional\n")
    cut = f.cut(AddImport("typing", "Optional"), InsertAtHead(f.function(), "body", "assert x"))
    assert cut == f"from typing import Optional\n\n\n{USED}\n\nfrom typing import List, Optional\n"


def test_a_file_without_imports() -> None:
    assert with_import(USE) == "from typing import Optional\n\n\n" + USED
    assert with_import('"""Doc."""\n' + USE) == (
        '"""Doc."""\n\nfrom typing import Optional\n\n\n' + USED
    )
    assert with_import("# coding: utf-8\n" + USE) == (
        "# coding: utf-8\nfrom typing import Optional\n\n\n" + USED
    )


def test_torch_is_not_imported_before_the_environment_is_set() -> None:
    before = "import os\nos.environ['OMP_NUM_THREADS'] = '1'\nimport torch\nimport numpy\n\n\n"
    assert with_import(before + USE, "torch", "Tensor") == (
        "import os\nos.environ['OMP_NUM_THREADS'] = '1'\nimport torch\n"
        "from torch import Tensor\nimport numpy\n\n\n" + USED
    )


def test_two_imports_in_one_line_and_two_in_their_sections() -> None:
    f = file(USE)
    head = InsertAtHead(f.function(), "body", "assert x")
    wanted = [AddImport("typing", name) for name in ("Optional", "List", "Optional")]
    assert f.cut(*wanted, AddImport("torch", "Tensor"), AddImport("torch"), head) == (
        "from typing import List, Optional\n\nimport torch\nfrom torch import Tensor\n\n\n" + USED
    )


def test_an_import_in_a_file_with_crlf() -> None:
    f = File("import torch\r\n\r\n\r\ndef f(x):\r\n    pass\r\n")
    head = InsertAtHead(f.function(), "body", "assert x")
    assert f.cut(AddImport("typing", "Optional"), head) == (
        "from typing import Optional\r\n\r\nimport torch\r\n\r\n\r\n"
        "def f(x):\r\n    assert x\r\n    pass\r\n"
    )


@pytest.mark.parametrize(
    ("code", "clashes"),
    [
        ("Optional = 3", True),
        ("class Optional: pass", True),
        ("def Optional(): pass", True),
        ("from mine import Optional", True),
        ("import mine as Optional", True),
        ("for Optional in x: pass", True),
        ("if a:\n    Optional = 1", True),
        ("def f():\n    global Optional", True),
        ("with a as Optional: pass", True),
        ("from typing import Optional", False),
        ("from typing import List as Optional", True),
        ("from typing import *", False),
        ("def f(Optional): Optional = 1", False),
        ("class A:\n    Optional = 1", False),
        ("x = Optional", False),
        ("x = [Optional for Optional in y]", False),
    ],
)
def test_a_name_that_means_something_else_in_the_module_clashes(code: str, clashes: bool) -> None:
    assert import_clashes(ast.parse(code), "typing", "Optional") is clashes


# at large


def real_files() -> list[Path]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    return sorted(path for path in folder.glob("*.py") if path.stat().st_size < 60_000)


def random_edit(tree: ast.Module, random: Random) -> Edit | None:
    inside = [
        node
        for top in tree.body
        for node in ast.walk(top)
        if isinstance(node, ast.stmt)
        and node is not top
        and not isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    loops = [n for n in inside if isinstance(n, (ast.For, ast.While, ast.With))]
    branches = [n for n in inside if isinstance(n, ast.If)]
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    in_strings = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
    }
    calls = [call for call in calls if call not in in_strings]
    code = random.choice(
        ["assert a is not None", "if a:\n    b = 1\nelse:\n    c = (1,\n         2)"]
    )
    choices: list[Edit] = [AddImport("typing", "Optional")]
    if inside:
        choices += [
            InsertBefore(random.choice(inside), code),
            ReplaceStatement(random.choice(inside), code),
            RemoveStatement(random.choice(inside)),
        ]
        # In the body of a class there may be a docstring, which cannot go.
        behind = [
            later
            for node in inside
            if not isinstance(node, ast.ClassDef) and hasattr(node, "body")
            for one, later in itertools.pairwise(node.body)
            if later.lineno > (one.end_lineno or 0)
        ]
        if behind:
            choices.append(GuardRest(random.choice(behind), "a > 0", code))
    if branches:
        branch = random.choice(branches)
        choices += [AppendElse(branch, code), InsertAtHead(branch, "body", code)]
        choices += [GuardBody(branch, "a > 0", otherwise=code)]
        plain = [n for n in branches if n.orelse and not isinstance(n.orelse[0], ast.If)]
        if plain:
            choices += [GuardBody(random.choice(plain), "a > 0", "orelse", code)]
    if loops:
        choices.append(InsertAtHead(random.choice(loops), "body", code))
    decorated = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.decorator_list
        and not (len(node.body) == 1 and ast.get_docstring(node) is not None)
    ]
    if decorated:
        function = random.choice(decorated)
        choices.append(DecoratorToWith(function, random.choice(function.decorator_list), "zz"))
    if calls:
        choices.append(ReplaceExpression(random.choice(calls), "zz"))
    return random.choice(choices)


@pytest.mark.parametrize("seed", range(25))
def test_random_edits_of_real_files_give_what_was_asked_for(seed: int) -> None:
    """`apply_edits` refuses any result whose `ast` is not the edited one, so this is strict."""
    random = Random(seed)
    source = random.choice(real_files()).read_text("utf-8")
    if seed % 3 == 1:
        source = source.replace("\n", "\r\n")
    if seed % 3 == 2:
        source = "".join(
            line + random.choice(["\n", "\r\n"]) for line in source.splitlines(keepends=False)
        )
    if cst.parse_module(source).code != source:
        pytest.skip("this LibCST does not reproduce this file (`except A :`, in 1.5)")
    tree = ast.parse(source)
    edits: list[Edit] = []
    for _ in range(8):
        edit = random_edit(tree, random)
        if edit is not None and not any(overlaps(edit, other) for other in edits):
            edits.append(edit)
    result = apply_edits(source, edits, tree)
    touched = [node for node in map(place, edits) if isinstance(node, ast.expr | ast.stmt)]
    lines = re.findall(r"[^\n]*\n", source)
    position = 0
    for top in tree.body:
        last = top.end_lineno or top.lineno
        if isinstance(top, (ast.Import, ast.ImportFrom)) or any(
            node.lineno <= last and (node.end_lineno or 0) >= top.lineno for node in touched
        ):
            continue
        untouched = "".join(lines[top.lineno - 1 : last])
        position = result.find(untouched, position)
        assert position >= 0, f"line {top.lineno} was not touched, and changed"


def test_a_file_of_twenty_thousand_lines() -> None:
    function = "def f{}(x, y=None):\n    for i in range(3):\n        x = x + self.convs[i](y)\n\n\n"
    source = "import torch\n\n\n" + "".join(function.format(i) for i in range(4000))
    f = File(source)
    functions = [node for node in f.tree.body if isinstance(node, ast.FunctionDef)][::100]
    started = time.perf_counter()
    result = f.cut(
        *(InsertAtHead(node, "body", "assert y is not None") for node in functions),
        AddImport("typing", "Optional"),
    )
    assert time.perf_counter() - started < 30
    assert result.count("assert y is not None") == 40
    assert (
        result.replace("    assert y is not None\n", "").replace(
            "from typing import Optional\n\n", ""
        )
        == source
    )
