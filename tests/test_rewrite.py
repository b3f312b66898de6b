"""Rules applied to a project: rounds, overlaps, failures, and lines as the user knows them."""

import ast
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from tests.worked_examples import all_examples
from torchscript_fix.editing.edit import InsertBefore, RemoveStatement, ReplaceExpression
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.rewrite import Rewriting, rewrite_project
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety, all_rules
from torchscript_fix.source import parsed

PATH = Path("net.py")


class RenameCalls(Rule):
    """Replaces calls of one name by another text."""

    summary = "test"
    messages = ()
    safety = Safety.SAFE

    def __init__(self, name: str, called: str, code: str) -> None:
        self.name = name  # type: ignore[misc]  # one class serves several rules here
        self.called = called
        self.code = code

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        for node in facts.nodes:
            if isinstance(node, ast.Call) and facts.segment(node.func) == self.called:
                code = self.code.format(*map(facts.segment, node.args))
                yield self.rewrite(facts, node, ReplaceExpression(node, code))

    def rewrite(self, facts: FileFacts, node: ast.expr, edit: ReplaceExpression) -> Rewrite:
        return Rewrite(self.name, facts.path, node.lineno, "f", self.code, self.safety, (edit,))


class HoldsBack(Rule):
    name = "holds-back"
    summary = "test"
    messages = ()
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        for node in facts.nodes:
            if isinstance(node, ast.Name) and node.id == "mystery":
                yield HeldBack(self.name, facts.path, node.lineno, "f", "no fact")


class Prepends(Rule):
    """Puts a line before the first statement, once."""

    name = "prepends"
    summary = "test"
    messages = ()
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if "added" not in facts.text:
            edit = InsertBefore(facts.tree.body[0], "added = 1")
            yield Rewrite(self.name, facts.path, 1, "f", "added", self.safety, (edit,))


class Stumbles(Rule):
    name = "stumbles"
    summary = "test"
    messages = ()
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if "bad" in facts.text:
            raise KeyError("bad")
        yield from ()


def rewritten(text: str, *rules: Rule, **others: str) -> Rewriting:
    project = Project()
    project.add(PATH, "net", dedent(text))
    for name, other in others.items():
        project.add(Path(f"{name}.py"), name, dedent(other))
    return rewrite_project(project, rules)


def test_nothing_to_do_changes_nothing() -> None:
    rewriting = rewritten("x = 1\n", RenameCalls("a", "f", "g({0})"))
    assert rewriting.texts == {}
    assert rewriting.rewrites == ()


def test_rules_that_do_not_meet_are_applied_in_one_round() -> None:
    rewriting = rewritten(
        "x = f(1)\ny = h(2)\n", RenameCalls("a", "f", "g({0})"), RenameCalls("b", "h", "k({0})")
    )
    assert rewriting.texts == {PATH: "x = g(1)\ny = k(2)\n"}
    assert [rewrite.rule for rewrite in rewriting.rewrites] == ["a", "b"]


def test_an_edit_inside_another_waits_for_the_next_round_and_is_not_lost() -> None:
    rewriting = rewritten(
        "x = f(h(2))\n", RenameCalls("a", "f", "g({0})"), RenameCalls("b", "h", "k({0})")
    )
    assert rewriting.texts == {PATH: "x = g(k(2))\n"}


def test_what_comes_out_is_what_a_second_run_leaves_alone() -> None:
    rules = (RenameCalls("a", "f", "g({0})"), RenameCalls("b", "g", "k({0})"))
    rewriting = rewritten("x = f(2)\n", *rules)
    assert rewriting.texts == {PATH: "x = k(2)\n"}
    assert rewritten(rewriting.texts[PATH], *rules).texts == {}


def test_what_one_round_made_long_is_no_limit_for_the_next(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")  # this project's own line length is another
    arguments = ", ".join(f"argument{number}" for number in range(9))
    rules = [
        RenameCalls("long", "one", "n" * 120),
        RenameCalls("first", "two", "three()"),
        RenameCalls("then", "three", f"call({arguments})"),
    ]
    path = tmp_path / "net.py"
    made = rewrite_project(Project.of_text("x = one()\ny = two()\n", "net", path), rules)
    text = made.texts[path]
    assert f"x = {'n' * 120}\n" in text
    assert 88 < len(f"y = call({arguments})") < 120
    assert "y = call(\n    argument0,\n" in text


def test_lines_are_those_of_the_file_as_it_was_read() -> None:
    rewriting = rewritten(
        "x = 1\ny = f(h(2))\nmystery\n",
        Prepends(),
        RenameCalls("a", "f", "g({0})"),
        RenameCalls("b", "h", "k({0})"),
        HoldsBack(),
    )
    assert rewriting.texts == {PATH: "added = 1\nx = 1\ny = g(k(2))\nmystery\n"}
    assert {rewrite.rule: rewrite.line for rewrite in rewriting.rewrites} == {
        "prepends": 1,
        "a": 2,
        "b": 2,
    }
    assert [held.line for held in rewriting.held_back] == [3]


def test_what_is_not_allowed_is_not_made() -> None:
    project = Project()
    project.add(PATH, "net", "x = f(1)\ny = f(2)\n")
    rules = (RenameCalls("a", "f", "g({0})"),)
    rewriting = rewrite_project(project, rules, allowed=lambda rewrite: rewrite.line != 1)
    assert rewriting.texts == {PATH: "x = f(1)\ny = g(2)\n"}


def test_a_rule_that_stumbles_costs_its_file_all_rewrites_and_the_others_none() -> None:
    rewriting = rewritten(
        "bad = f(1)\n", RenameCalls("a", "f", "g({0})"), Stumbles(), other="x = f(1)\n"
    )
    assert rewriting.texts == {Path("other.py"): "x = g(1)\n"}
    (failure,) = rewriting.failures
    assert (failure.path, failure.rule) == (PATH, "stumbles")
    assert "KeyError" in failure.reason
    assert [rewrite.path for rewrite in rewriting.rewrites] == [Path("other.py")]


def test_new_code_that_does_not_parse_costs_its_file_all_rewrites() -> None:
    rewriting = rewritten("x = f(1)\ny = h(1)\n", RenameCalls("a", "f", "g("), Prepends())
    assert rewriting.texts == {}
    (failure,) = rewriting.failures
    assert failure.path == PATH
    assert rewriting.rewrites == ()


def test_a_failure_in_a_later_round_takes_the_earlier_rounds_back() -> None:
    rules = (RenameCalls("a", "f", "bad({0})"), Stumbles())
    rewriting = rewritten("x = f(1)\n", *rules)
    assert rewriting.texts == {}
    assert rewriting.rewrites == ()
    assert len(rewriting.failures) == 1


def test_statements_can_go() -> None:
    class RemovesAsserts(Prepends):
        def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
            for node in facts.nodes:
                if isinstance(node, ast.Assert):
                    edits = (RemoveStatement(node),)
                    yield Rewrite("removes", facts.path, 1, "f", "", self.safety, edits)

    rewriting = rewritten("x = 1\nassert x\ny = 2\n", RemovesAsserts())
    assert rewriting.texts == {PATH: "x = 1\ny = 2\n"}


def test_only_files_joined_by_imports_to_one_that_changed_are_looked_at_again() -> None:
    looked_at: list[str] = []

    class Looks(HoldsBack):
        def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
            looked_at.append(facts.path.stem)
            yield from super().find(facts)

    rewriting = rewritten(
        "from user import x\ny = f(1)\n",
        RenameCalls("a", "f", "g({0})"),
        Looks(),
        user="x = 1\n",
        apart="mystery\n",
    )
    assert sorted(looked_at) == ["apart", "net", "net", "user", "user"]
    assert [held.path.stem for held in rewriting.held_back] == ["apart"]


def test_a_change_in_one_file_that_matters_to_another_is_seen_there() -> None:
    class Follows(HoldsBack):
        """Puts `added` into every file once `net` calls `g`."""

        def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
            net = facts.project.files[PATH]
            if "g(" in net.text and "added" not in facts.text:
                edit = InsertBefore(facts.tree.body[0], "added = 1")
                yield Rewrite("follows", facts.path, 1, "f", "", self.safety, (edit,))

    rewriting = rewritten(
        "x = f(1)\n", Follows(), RenameCalls("a", "f", "g({0})"), user="from net import x\n"
    )
    assert rewriting.texts[Path("user.py")] == "added = 1\nfrom net import x\n"


def living() -> list[Project]:
    return [each for each in gc.get_objects() if type(each) is Project]


def test_what_is_known_of_a_project_goes_with_it() -> None:
    """A repair makes a project a round: nothing that outlives the round may hold one."""
    others = weakref.WeakSet(living())
    for example in all_examples()[::9]:
        project = Project(example.observed)
        project.add(PATH, "net", example.before)
        assert not rewrite_project(project, all_rules()).failures
    del project
    gc.collect()
    assert [each for each in living() if each not in others] == []


def read_off() -> list[ast.Module | FunctionFacts]:
    return [each for each in gc.get_objects() if type(each) in (ast.Module, FunctionFacts)]


def test_what_was_read_off_goes_without_a_look_for_garbage() -> None:
    """A tree takes fifty times its text: those of a large project cannot wait for that."""
    parsed.cache_clear()
    gc.collect()
    others = {id(each) for each in read_off()}
    gc.disable()
    try:
        for example in all_examples()[::9]:
            project = Project(example.observed)
            project.add(PATH, "net", example.before)
            rewrite_project(project, all_rules())
        assert read_off()
        parsed.cache_clear()
        assert [each for each in read_off() if id(each) not in others] == []
    finally:
        gc.enable()


def test_what_changes_late_is_seen_by_a_file_that_was_left_for_the_end() -> None:
    """`user` is looked at once more when `net` has come to rest, and `net` after that."""

    class Answers(HoldsBack):
        def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
            net, user = facts.project.files[PATH], facts.project.files[Path("user.py")]
            if facts is user and "k(" in net.text and "added" not in facts.text:
                edit = InsertBefore(facts.tree.body[0], "added = 1")
                yield Rewrite("answers", facts.path, 1, "f", "", self.safety, (edit,))
            if facts is net and "added" in user.text and "seen" not in facts.text:
                edit = InsertBefore(facts.tree.body[0], "seen = 1")
                yield Rewrite("answers", facts.path, 1, "f", "", self.safety, (edit,))

    rules = (Answers(), RenameCalls("a", "f", "g({0})"), RenameCalls("b", "g", "k({0})"))
    rewriting = rewritten("x = f(1)\n", *rules, user="from net import x\n")
    assert rewriting.texts == {
        PATH: "seen = 1\nx = k(1)\n",
        Path("user.py"): "added = 1\nfrom net import x\n",
    }
