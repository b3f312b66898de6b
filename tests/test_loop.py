"""The repair loop over one file, with a compiler that answers from a function: what it learns,
when it stops, and what it does without.
"""

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.diagnosed import Diagnosis, Located
from torchscript_fix.facts.static import FileFacts, Project
from torchscript_fix.loop import Loop, Reach, components
from torchscript_fix.request import Request
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety
from torchscript_fix.verify.verdict import Outcome
from torchscript_fix.verify.verifier import Attempt, Observation

PATH = Path("net.py")
SOURCE = dedent("""
    import torch.nn as nn

    class Net(nn.Module):
        def forward(self, x):
            return x + 1 + 2 + 3
    """)


class Replaces(Rule):
    """`1` becomes `10`; where `static`, without being told to."""

    summary = "test"
    safety = Safety.SAFE

    def __init__(self, number: int, static: bool = False, safety: Safety = Safety.SAFE) -> None:
        self.name = f"replaces-{number}"  # type: ignore[misc]  # one class, several rules
        self.messages = (f"no {number}",)  # type: ignore[misc]  # the same
        self.safety = safety  # type: ignore[misc]  # the same
        self.number, self.static = number, static

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if self.static or any(self.diagnosed(facts)):
            for function in facts.functions.values():
                for node in function.nodes:
                    if isinstance(node, ast.Constant) and node.value == self.number:
                        yield Rewrite(
                            self.name,
                            facts.path,
                            node.lineno,
                            function.qualname,
                            f"{self.number}0",
                            self.safety,
                            (ReplaceExpression(node, f"{self.number}0"),),
                        )


class AnswersTheRest(Replaces):
    """Answers whatever is left, once it is."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.name = f"answers-the-rest-{number}"  # type: ignore[misc]  # one class, several rules
        self.messages = ()  # type: ignore[misc]  # the same
        self.last_resort = True  # type: ignore[misc]  # the same

    def diagnosed(self, facts: FileFacts) -> Iterator[Located]:
        diagnosed = facts.project.diagnosed
        for diagnosis in diagnosed.unanswered:
            if diagnosis.code == str(self.number):
                yield diagnosed.located(diagnosis, facts)


Complaint = Callable[[str], str]
"""What the compiler says of a text; "" where it compiles."""


class Compiler:
    """Complains of texts, and counts how often it was asked."""

    def __init__(self, complaint: Complaint) -> None:
        self.complaint = complaint
        self.diagnoses: tuple[Diagnosis, ...] | None = None
        """What is said instead, wherever it complains."""
        self.also: dict[str, Complaint] = {}
        """Of what it complains for other cases of the same function, by their names."""
        self.texts: list[str] = []

    def diagnosed(self, said: str) -> tuple[Diagnosis, ...]:
        return self.diagnoses if said and self.diagnoses is not None else diagnosed(said)

    def attempt(
        self, names: Collection[str], rewritten: Mapping[Path, bytes]
    ) -> dict[str, Attempt]:
        text = rewritten[PATH].decode() if PATH in rewritten else SOURCE
        self.texts.append(text)
        made = {}
        for name in names:
            said = self.also.get(name, self.complaint)(text)
            made[name] = Attempt(not said, said, self.diagnosed(said))
        return made


def diagnosed(said: str) -> tuple[Diagnosis, ...]:
    if not said:
        return ()
    return (Diagnosis("compile", said, PATH, 6, "Net.forward", said.removeprefix("no ")),)


def looped(compiler: Compiler, *rules: Rule, **options: object) -> Loop:
    project = Project()
    project.add(PATH, "net", SOURCE)
    cases = [
        Observation(
            name=name,
            builds=True,
            runs=True,
            scriptable=False,
            message="",
            reached=frozenset({(PATH, "Net.forward")}),
            outcome=Outcome.STILL_FAILING,
            diagnoses=compiler.diagnosed(complaint(SOURCE)),
        )
        for name, complaint in {"net": compiler.complaint, **compiler.also}.items()
    ]
    request = Request(paths=(PATH,), rules=rules, **options)  # type: ignore[arg-type]  # by name
    loop = Loop(
        project,
        request,
        compiler,
        reaches=[Reach(case, case.reached) for case in cases],
        needless=(),
        encode=lambda path, text: text.encode(),
    )
    loop.run()
    return loop


def first_left_of(*numbers: int) -> Complaint:
    """Complains of the first of these numbers that is still there."""

    def complaint(text: str) -> str:
        return next((f"no {n}" for n in numbers if f"+ {n}" in text and f"+ {n}0" not in text), "")

    return complaint


def test_one_error_after_another_until_it_compiles() -> None:
    compiler = Compiler(first_left_of(1, 2, 3))
    loop = looped(compiler, Replaces(1), Replaces(2), Replaces(3))
    assert "x + 10 + 20 + 30" in loop.rewriting.texts[PATH]
    assert loop.tried("net").rounds == 3
    assert loop.tried("net").rules == ("replaces-1", "replaces-2", "replaces-3")


def test_it_stops_where_no_rule_answers() -> None:
    compiler = Compiler(first_left_of(1, 2, 3))
    loop = looped(compiler, Replaces(1), Replaces(3))
    assert "x + 10 + 2 + 3" in loop.rewriting.texts[PATH]
    assert not loop.tried("net").compiled
    assert loop.tried("net").message == "no 2"


def test_what_no_rule_answers_goes_to_those_of_last_resort() -> None:
    loop = looped(Compiler(first_left_of(1, 2, 3)), Replaces(1), AnswersTheRest(2), Replaces(3))
    assert "x + 10 + 20 + 30" in loop.rewriting.texts[PATH]
    assert loop.tried("net").compiled
    assert loop.tried("net").rules == ("replaces-1", "answers-the-rest-2", "replaces-3")


def test_another_rule_has_the_first_word() -> None:
    loop = looped(Compiler(first_left_of(1, 2)), AnswersTheRest(1), Replaces(1), AnswersTheRest(2))
    assert loop.tried("net").rules == ("replaces-1", "answers-the-rest-2")


def test_one_last_resort_after_another() -> None:
    rest = [AnswersTheRest(number) for number in (1, 2, 3)]
    loop = looped(Compiler(first_left_of(1, 2, 3)), *rest)
    assert "x + 10 + 20 + 30" in loop.rewriting.texts[PATH]
    assert loop.tried("net").rounds == 3


def test_what_was_done_in_vain_as_a_last_resort_is_taken_back() -> None:
    compiler = Compiler(first_left_of(1, 2, 3))
    loop = looped(compiler, Replaces(1), AnswersTheRest(2))
    assert "x + 10 + 2 + 3" in loop.rewriting.texts[PATH]
    assert "x + 10 + 20 + 3" in compiler.texts[-1]
    loop.run()
    assert "x + 10 + 2 + 3" in loop.rewriting.texts[PATH]


def test_a_last_resort_that_harms_a_case_that_compiles_is_taken_back() -> None:
    compiler = Compiler(first_left_of(1, 2))
    compiler.also["other"] = lambda text: "no 20" if "+ 20" in text else first_left_of(1)(text)
    loop = looped(compiler, Replaces(1), AnswersTheRest(2))
    assert "x + 10 + 2 + 3" in loop.rewriting.texts[PATH]
    assert loop.tried("other").compiled


def test_what_stands_in_no_function_is_nothing_for_a_last_resort() -> None:
    compiler = Compiler(first_left_of(1))
    nowhere = (replace(diagnosed("no 1")[0], path=None, function=""),)
    compiler.diagnoses = nowhere
    assert looped(compiler, AnswersTheRest(1)).rewriting.texts == {}


def test_no_text_is_tried_twice() -> None:
    compiler = Compiler(first_left_of(1, 2))
    looped(compiler, Replaces(1), Replaces(2))
    assert len(set(compiler.texts)) == len(compiler.texts)


def test_no_more_rounds_than_allowed() -> None:
    compiler = Compiler(first_left_of(1, 2, 3))
    loop = looped(compiler, Replaces(1), Replaces(2), Replaces(3), rounds=2)
    assert loop.tried("net").rounds == 2


def test_what_nobody_asked_for_is_taken_back_where_it_compiles_without() -> None:
    compiler = Compiler(first_left_of(1))
    loop = looped(compiler, Replaces(1), Replaces(2, static=True))
    assert "x + 10 + 2 + 3" in loop.rewriting.texts[PATH]


def test_what_nobody_asked_for_stays_where_it_does_not_compile_without() -> None:
    compiler = Compiler(lambda text: first_left_of(1)(text) or ("?" if "+ 20" not in text else ""))
    loop = looped(compiler, Replaces(1), Replaces(2, static=True))
    assert "x + 10 + 20 + 3" in loop.rewriting.texts[PATH]


def test_of_what_nobody_asked_for_the_part_that_is_needed_stays() -> None:
    compiler = Compiler(first_left_of(1, 2))
    loop = looped(compiler, Replaces(1), Replaces(2, static=True), Replaces(3, static=True))
    assert "x + 10 + 20 + 3" in loop.rewriting.texts[PATH]


def test_of_two_rules_that_answer_the_same_one_is_enough() -> None:
    first, second = Replaces(1), Replaces(2)
    second.messages = ("no 1", "no 2", "no 4")  # type: ignore[misc]  # the same, and more
    loop = looped(Compiler(first_left_of(1)), first, second)
    assert "x + 10 + 2 + 3" in loop.rewriting.texts[PATH]


def test_of_two_rules_that_answer_the_same_both_stay_where_both_are_needed() -> None:
    first, second = Replaces(1), Replaces(2)
    second.messages = ("no 1", "no 2", "no 4")  # type: ignore[misc]  # the same, and more
    compiler = Compiler(lambda text: "" if "+ 10 + 20" in text else "no 1")
    assert "x + 10 + 20 + 3" in looped(compiler, first, second).rewriting.texts[PATH]


def test_what_is_refused_is_not_made_again() -> None:
    compiler = Compiler(first_left_of(1, 2))
    loop = looped(compiler, Replaces(1), Replaces(2))
    loop.refuse({key for key in loop.made_keys() if key.rule == "replaces-2"})
    loop.run()
    assert "x + 10 + 2 + 3" in loop.rewriting.texts[PATH]


def test_a_rewrite_of_a_worse_grade_than_asked_for_is_not_made() -> None:
    compiler = Compiler(first_left_of(1, 2))
    narrowing = Replaces(1, safety=Safety.NARROWING)
    assert looped(compiler, narrowing, safety=Safety.SAFE).rewriting.texts == {}
    assert looped(compiler, narrowing).rewriting.texts != {}


def test_files_that_do_not_import_one_another_are_parts_of_their_own() -> None:
    project = Project()
    for name, text in {"a": "import b", "b": "", "c": "", "d": "import torch"}.items():
        project.add(Path(f"{name}.py"), name, text)
    parts = components(project, [])
    assert sorted(sorted(str(p) for p in part.files) for part in parts) == [
        ["a.py", "b.py"],
        ["c.py"],
        ["d.py"],
    ]


def test_files_that_one_case_imports_are_one_part() -> None:
    project = Project()
    for name, text in {"a": "import b", "b": "", "c": "", "d": ""}.items():
        project.add(Path(f"{name}.py"), name, text)
    parts = components(project, [{Path("c.py"), Path("b.py")}, {Path("elsewhere.py")}])
    assert sorted(sorted(str(p) for p in part.files) for part in parts) == [
        ["a.py", "b.py", "c.py"],
        ["d.py"],
    ]
