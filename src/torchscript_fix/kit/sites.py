"""Rules that are asked about places one by one, and what becomes of their answers."""

import ast
from abc import abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import UnionType
from typing import ClassVar, Generic, TypeVar, cast

from torchscript_fix.editing.edit import Edit
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.schemas_said import call_at
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit.answer import Declined, Fix, Where, line_of, require
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

Node = TypeVar("Node", bound=ast.AST)
AnySite = TypeVar("AnySite", bound=Where)

GRADES = tuple(Safety)
"""From best to worst."""


class Scope(Enum):
    """The functions that a rule looks into."""

    DIAGNOSED = "those at which the compiler said one of the rule's messages"
    SCRIPTED = "those that scripting some module compiles"


@dataclass(frozen=True)
class Site(Generic[Node]):
    """A node in a function. Two are equal where node and function are the same."""

    node: Node
    function: FunctionFacts
    located: Located | None = field(default=None, compare=False)
    """The diagnosis by which it was found, where one says more than that there is one."""

    @property
    def file(self) -> FileFacts:
        return self.function.file

    @property
    def line(self) -> int:
        return line_of(self.node)

    @property
    def qualname(self) -> str:
        return self.function.qualname

    @property
    def parent(self) -> ast.AST:
        """The node directly around it."""
        return self.file.parents[self.node]

    @property
    def code(self) -> str:
        """Its source, as it stands."""
        assert isinstance(self.node, ast.expr | ast.stmt | ast.arg)
        return self.file.segment(self.node)

    @property
    def message(self) -> str:
        """What the compiler said there."""
        return self.located.message if self.located is not None else ""

    def called(self, otherwise: str) -> ast.Call:
        """The call of what stands here. Raises Declined."""
        call = self.parent
        require(isinstance(call, ast.Call) and call.func is self.node, otherwise)
        assert isinstance(call, ast.Call)
        return call


class SiteRule(Rule, Generic[AnySite]):
    """A rule that finds its places by `sites` and answers each by `fix`.

    A place that several diagnoses lead to is answered once. What `fix` raises as Declined is in the
    report, None means that there is nothing to say.
    """

    mentions: ClassVar[tuple[str, ...]] = ()
    """A file without any of these words is not looked at."""
    one_per_function: ClassVar[bool] = False
    """Whether a function is left alone in this round once one place in it is fixed: the names that
    the fix takes are there in the next."""

    @abstractmethod
    def sites(self, file: FileFacts) -> Iterable[AnySite]:
        """The places that may be for this rule; those of other files are left out for it."""

    @abstractmethod
    def fix(self, site: AnySite) -> Fix | None:
        """The answer to one place. Raises Declined."""

    def together(self, site: AnySite) -> Hashable:
        """Equal for places whose fixes are one Rewrite, made or refused as a whole."""
        return site

    def summary_of(self, summaries: Sequence[str]) -> str:
        """One line for several fixes that are one Rewrite, whose summaries these are."""
        return ", ".join(summaries)

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if self.mentions and not any(word in facts.text for word in self.mentions):
            return
        answered: set[Hashable] = set()
        covered: set[ast.AST] = set()
        done: set[FunctionFacts] = set()
        fixes: dict[Hashable, list[tuple[Where, Fix]]] = {}
        for site in self.sites(facts):
            node = getattr(site, "node", None)
            owner = getattr(site, "function", None)
            if site.file is not facts or site in answered or node in covered or owner in done:
                continue
            try:
                fix = self.fix(site)
            except Declined as why:
                answered.add(site)
                yield self._held_back(why, why.at or site)
                continue
            if fix is not None:
                answered.add(site)
                if self.one_per_function and owner is not None:
                    done.add(owner)
                group = self.together(site)
                fixes.setdefault(group, []).append((fix.at or site, fix))
                if group is not site and node is not None:
                    covered.update(ast.walk(node))  # one Rewrite cannot change a text twice
        for made in fixes.values():
            yield self._rewrite(made)

    def functions(self, file: FileFacts, scope: Scope = Scope.DIAGNOSED) -> Iterable[FunctionFacts]:
        """The functions of a file that are looked into, each once."""
        if scope is Scope.SCRIPTED:
            return (each for each in file.functions_in_question if each.scripted)
        found = (located.function for located in self.diagnosed(file))
        return dict.fromkeys(each for each in found if each is not None)

    def calls(self, file: FileFacts) -> Iterator[Site[ast.Call]]:
        """The calls that the compiler underlined, by their name or as a whole."""
        for located in self.diagnosed(file):
            call = call_at(located)
            if call is not None and located.function is not None:
                yield Site(call, located.function, located)

    def _held_back(self, why: Declined, at: Where) -> HeldBack:
        return HeldBack(self.name, at.file.path, at.line, at.qualname, why.reason, why.decided_by)

    def _rewrite(self, fixes: Sequence[tuple[Where, Fix]]) -> Rewrite:
        at = fixes[0][0]
        edits: dict[Edit, None] = {edit: None for _, fix in fixes for edit in fix.edits}
        summary = self.summary_of(list(dict.fromkeys(fix.summary for _, fix in fixes)))
        safety = max((fix.safety or self.safety for _, fix in fixes), key=GRADES.index)
        return Rewrite(self.name, at.file.path, at.line, at.qualname, summary, safety, tuple(edits))


class NodeRule(SiteRule[Site[Node]]):
    """A rule about single nodes: each one of `kinds` in the functions of its `scope`."""

    kinds: ClassVar[type[ast.AST] | UnionType]
    scope: ClassVar[Scope] = Scope.DIAGNOSED
    whole_function: ClassVar[bool] = False
    """Whether the fixes of one function are one Rewrite."""

    def sites(self, file: FileFacts) -> Iterator[Site[Node]]:
        for function in self.functions(file, self.scope):
            for node in function.nodes:  # outer ones come first
                if isinstance(node, self.kinds):
                    yield Site(cast(Node, node), function)

    def together(self, site: Site[Node]) -> Hashable:
        return site.function if self.whole_function else site
