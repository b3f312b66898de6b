"""The repair loop over files that one module joins: a round looks at what it may change, and what
comes out is what comes out where all is rewritten in every round."""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.diagnosed import Diagnosis
from torchscript_fix.facts.static import FileFacts, Project
from torchscript_fix.loop import Loop, Reach
from torchscript_fix.request import Request
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety
from torchscript_fix.verify.verdict import Outcome
from torchscript_fix.verify.verifier import Attempt, Observation

NAMES = ("a", "b", "c", "d", "e", "f")
MODEL = """
import shared
import torch.nn as nn

class Net(nn.Module):
    def forward(self, x):
        return x + {number}
"""
SHARED = "def twice(x):\n    return x + x\n"


def path_of(name: str) -> Path:
    return Path(f"{name}.py")


class AddsOne(Rule):
    """`return x + 1` becomes `return x + 2`, and so on, each number once the compiler has said that
    it is too small; counts its looks at each file."""

    name = "adds-one"
    summary = "test"
    messages = ("too small",)
    safety = Safety.SAFE

    def __init__(self) -> None:
        self.looks: Counter[str] = Counter()

    def asked(self, facts: FileFacts) -> bool:
        return any(self.diagnosed(facts))

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        self.looks[facts.path.stem] += 1
        said = len(list(self.diagnosed(facts))) if self.asked(facts) else 0
        for function in facts.functions.values():
            for node in function.nodes:
                if isinstance(node, ast.Constant) and isinstance(node.value, int):
                    wanted = node.value // 100 * 100 + said
                    if node.value < wanted:
                        yield self.rewrite(facts, node, str(wanted), function.qualname)

    def rewrite(self, facts: FileFacts, node: ast.expr, code: str, function: str) -> Rewrite:
        edits = (ReplaceExpression(node, code),)
        summary = f"it is {code} now"
        return Rewrite(self.name, facts.path, node.lineno, function, summary, self.safety, edits)


class FollowsTheFirst(AddsOne):
    """Does in the last file what was said of the first: nothing that is imported joins the two."""

    name = "follows-the-first"

    def asked(self, facts: FileFacts) -> bool:
        return facts.path.stem == NAMES[-1]

    def diagnosed(self, facts: FileFacts) -> Iterator[object]:  # type: ignore[override]  # what was said of another file has no place here
        yield from (d for d in facts.project.diagnosed.diagnoses if d.path == path_of(NAMES[0]))


class Compiler:
    """Wants the number of each file's model to end in so many; says so one step at a time."""

    def __init__(self, wanted: Mapping[str, int]) -> None:
        self.wanted = wanted
        self.says_the_same: Collection[str] = ()
        """Of which nothing new is to be learnt after the first time."""
        self.tried: list[frozenset[str]] = []

    def said(self, name: str, text: str) -> tuple[Diagnosis, ...]:
        number = int(text.rpartition("+ ")[2]) % 100
        if number >= self.wanted[name]:
            return ()
        said = "too small" if name in self.says_the_same else f"too small {number}"
        return (Diagnosis("compile", said, path_of(name), 6, "Net.forward", ""),)

    def attempt(
        self, names: Collection[str], rewritten: Mapping[Path, bytes]
    ) -> dict[str, Attempt]:
        self.tried.append(frozenset(names))
        made = {}
        for name in names:
            before = MODEL.format(number=100).encode()
            diagnoses = self.said(name, rewritten.get(path_of(name), before).decode())
            made[name] = Attempt(not diagnoses, "", diagnoses)
        return made


def looped(compiler: Compiler, *rules: Rule) -> Loop:
    project = Project()
    project.add(path_of("shared"), "shared", SHARED)
    for name in NAMES:
        project.add(path_of(name), name, MODEL.format(number=100))
    reaches = []
    for name in NAMES:
        place = (path_of(name), "Net.forward")
        diagnoses = compiler.said(name, MODEL.format(number=100))
        case = Observation(
            name, True, True, False, "", frozenset({place}), Outcome.STILL_FAILING, True,
            frozenset({path_of(name), path_of("shared")}), diagnoses,
        )  # fmt: skip
        reaches.append(Reach(case, frozenset({place})))
    loop = Loop(
        project,
        Request(paths=(Path(),), rules=rules),
        compiler,
        reaches=reaches,
        needless=(),
        encode=lambda path, text: text.encode(),
    )
    loop.run()
    return loop


def test_a_round_looks_at_the_files_that_something_was_learnt_of() -> None:
    rule = AddsOne()
    loop = looped(Compiler({**dict.fromkeys(NAMES, 1), "a": 6}), rule)
    assert "+ 106" in loop.rewriting.texts[path_of("a")]
    assert "+ 101" in loop.rewriting.texts[path_of("b")]
    # The first rounds, the last ones, and what comes out of each is looked at once more.
    assert rule.looks["a"] > rule.looks["b"] + 5
    assert rule.looks["shared"] <= rule.looks["b"]


@pytest.mark.parametrize("rules", [(AddsOne,), (AddsOne, FollowsTheFirst)])
def test_the_text_is_what_comes_of_rewriting_all_in_every_round(
    rules: tuple[type[AddsOne], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"a": 4, "b": 1, "c": 2, "d": 0, "e": 3, "f": 4}
    apart, looks = looped(Compiler(wanted), *(rule() for rule in rules)), AddsOne()
    monkeypatch.setattr(Loop, "incremental", False)
    whole = looped(Compiler(wanted), *(rule() for rule in rules))
    assert apart.rewriting.texts == whole.rewriting.texts
    assert "+ 104" in whole.rewriting.texts[path_of("f")]
    looped(Compiler(wanted), looks)
    assert looks.looks["b"] == looks.looks["shared"]  # all of them, in every round


def test_what_only_rewriting_all_shows_is_tried_as_well() -> None:
    """The last file has no complaint of its own that a rule answers: another file's is answered
    there, which no round that looks at what it learnt of can see."""

    class FirstOnly(AddsOne):
        def asked(self, facts: FileFacts) -> bool:
            return facts.path.stem != NAMES[-1] and any(self.diagnosed(facts))

    compiler = Compiler({**dict.fromkeys(NAMES, 1), "a": 5, "f": 5})
    compiler.says_the_same = {"f"}
    loop = looped(compiler, FirstOnly(), FollowsTheFirst())
    assert "+ 105" in loop.rewriting.texts[path_of("f")]
    assert "f" in compiler.tried[-1] | compiler.tried[-2]
    assert loop.tried("f").compiled


def test_what_is_refused_later_is_left_out_where_it_stands() -> None:
    rule = AddsOne()
    loop = looped(Compiler(dict.fromkeys(NAMES, 1)), rule)
    rule.looks.clear()
    loop.refuse({key for key in loop.made_keys() if key.path == path_of("a")})
    loop.run()
    assert "+ 100" in loop.rewriting.texts.get(path_of("a"), MODEL.format(number=100))
    assert "+ 101" in loop.rewriting.texts[path_of("b")]
    assert rule.looks["a"]
    assert not rule.looks["b"]
    before = loop.rewriting.texts
    assert not loop.settle()
    assert rule.looks["b"]  # all is rewritten once, in the end
    assert loop.rewriting.texts == before
    rule.looks.clear()
    assert not loop.settle()
    assert not rule.looks


def test_what_is_refused_is_left_out_for_a_question_and_comes_back() -> None:
    rule = AddsOne()
    loop = looped(Compiler(dict.fromkeys(NAMES, 1)), rule)
    before = loop.rewriting.texts
    rule.looks.clear()
    keys = {key for key in loop.made_keys() if key.path == path_of("a")}
    without = loop.without(keys)
    assert without.texts == {p: text for p, text in before.items() if p != path_of("a")}
    assert not rule.looks["b"]
    loop.run()
    assert loop.rewriting.texts == before


def test_what_comes_out_otherwise_in_the_end_is_said() -> None:
    """What was learnt of the first file is answered in the last one, which nothing joins to it."""
    loop = looped(Compiler(dict.fromkeys(NAMES, 1)), AddsOne(), FollowsTheFirst())
    assert "+ 101" in loop.rewriting.texts[path_of("f")]
    said = Diagnosis("compile", "too small after all", path_of("a"), 6, "Net.forward", "")
    more = Diagnosis("compile", "too small once more", path_of("a"), 6, "Net.forward", "")
    assert loop.learn([said, more])
    loop.run()
    assert "+ 103" in loop.rewriting.texts[path_of("a")]
    assert "+ 101" in loop.rewriting.texts[path_of("f")]
    assert loop.settle()
    assert "+ 103" in loop.rewriting.texts[path_of("f")]
    assert not loop.settle()
