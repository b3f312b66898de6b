"""What becomes of the answers of a rule, whatever rule it is."""

import ast
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import AddImport, ReplaceExpression
from torchscript_fix.facts.static import FileFacts, Project
from torchscript_fix.kit import Declined, Fix, Safety, Site, SiteRule
from torchscript_fix.rule import HeldBack, Rewrite

TEXT = """
def first(x):
    return old(old(x), bad(x))

def second(x):
    return old(x)
"""


@dataclass
class Answers(SiteRule[Site[ast.Call]]):
    """Answers calls of `old`, and declines those of `bad`; asks about each `times` times."""

    name: ClassVar[str] = "answers"
    summary: ClassVar[str] = ""
    messages: ClassVar[tuple[str, ...]] = ()
    safety: ClassVar[Safety] = Safety.SAFE
    times: int = 1
    whole: bool = False

    def sites(self, file: FileFacts) -> Iterator[Site[ast.Call]]:
        for function in file.functions.values():
            for call in function.calls * self.times:
                yield Site(call, function)

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        name = ast.unparse(site.node.func)
        if name == "bad":
            raise Declined("it is bad", "a case")
        if name != "old":
            return None
        edits = (AddImport("torch"), ReplaceExpression(site.node, "new"))
        inner = isinstance(site.node.args[0], ast.Name)
        return Fix(f"line {site.line}", edits, Safety.NARROWING if inner else None)

    def together(self, site: Site[ast.Call]) -> Hashable:
        return site.file if self.whole else site


def found(rule: Answers, text: str = TEXT) -> tuple[list[Rewrite], list[HeldBack]]:
    (file,) = Project.of_text(text).files.values()
    all_of_it = list(rule.find(file))
    rewrites = [each for each in all_of_it if isinstance(each, Rewrite)]
    return rewrites, [each for each in all_of_it if isinstance(each, HeldBack)]


def test_a_place_is_answered_once_and_tells_where_it_is() -> None:
    rewrites, held_back = found(Answers(times=3))
    assert [(r.function, r.line, r.safety) for r in rewrites] == [
        ("first", 3, Safety.SAFE),
        ("first", 3, Safety.NARROWING),
        ("second", 6, Safety.NARROWING),
    ]
    assert [(h.function, h.line, h.reason, h.decided_by) for h in held_back] == [
        ("first", 3, "it is bad", "a case")
    ]


def test_fixes_that_belong_together_are_one_rewrite_of_the_worst_safety() -> None:
    (rewrite,), _ = found(Answers(whole=True))
    assert rewrite.summary == "line 3, line 6"
    assert rewrite.safety is Safety.NARROWING
    # The inner call waits for the next round, and the import that both need is made once.
    assert [type(edit) for edit in rewrite.edits] == [
        AddImport,
        ReplaceExpression,
        ReplaceExpression,
    ]


def test_one_place_in_a_function_at_a_time() -> None:
    class OneAtATime(Answers):
        one_per_function = True

    rewrites, _ = found(OneAtATime())
    assert [rewrite.function for rewrite in rewrites] == ["first", "second"]


def test_what_stands_in_a_fixed_node_or_around_it_waits() -> None:
    class Apart(Answers):
        apart = True

    rewrites, held_back = found(Apart())
    assert [rewrite.line for rewrite in rewrites] == [3, 6]
    assert held_back == []


def test_a_file_without_the_words_is_not_looked_at() -> None:
    class OfOthers(Answers):
        mentions = ("nowhere", "old(")

    assert len(found(OfOthers())[0]) == 3
    assert found(OfOthers(), TEXT.replace("old(", "old  (")) == ([], [])


def test_places_of_other_files_are_left_to_them() -> None:
    class OfTheProject(Answers):
        def sites(self, file: FileFacts) -> Iterator[Site[ast.Call]]:
            for each in file.project.files.values():
                yield from super().sites(each)

    project = Project.of_text(TEXT)
    (file,) = project.files.values()
    project.add(file.path.with_name("other.py"), "other", TEXT)
    assert {finding.path for finding in OfTheProject().find(file)} == {file.path}
