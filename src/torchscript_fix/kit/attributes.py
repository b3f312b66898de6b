"""Rules about attributes of `self` that the compiler names."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.observed import NOTHING, Types
from torchscript_fix.facts.seen import attribute_seen
from torchscript_fix.facts.static import (
    AttributeFacts,
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
)
from torchscript_fix.kit.sites import SiteRule

NAMED = re.compile(r"has no attribute '(?P<name>\w+)'")


@dataclass(frozen=True)
class AttributeSite:
    """`self.NAME` of a class, and the diagnosis that named it."""

    cls: ClassFacts
    name: str
    located: Located = field(compare=False)

    @property
    def file(self) -> FileFacts:
        return self.cls.file

    @property
    def line(self) -> int:
        return self.cls.node.lineno

    @property
    def qualname(self) -> str:
        return self.cls.qualname

    @property
    def facts(self) -> AttributeFacts | None:
        """What is known of it in its class and the bases."""
        return self.cls.attribute(self.name)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """All that gives it a value."""
        return self.facts.definitions if self.facts is not None else ()

    @property
    def types(self) -> Types:
        """The types that cases saw it have, modules left out."""
        return self.types_in([self.cls])

    @property
    def family(self) -> tuple[ClassFacts, ...]:
        """The class, its bases and all that derive from it."""
        return tuple(dict.fromkeys((*self.cls.mro, *self.cls.subclasses)))

    @property
    def methods(self) -> Iterator[FunctionFacts]:
        """Those of the family."""
        return (method for cls in self.family for method in cls.methods.values())

    def types_in(self, classes: Iterable[ClassFacts]) -> Types:
        """The types that cases saw it have on instances of these classes, modules left out."""
        return NOTHING.union(*(each.types for each in attribute_seen(self.name, classes)))


class AttributeRule(SiteRule[AttributeSite]):
    """A rule about an attribute that a message names: by `said`, in its group `name`. Of several
    diagnoses that name one, the first counts."""

    said: ClassVar[re.Pattern[str]] = NAMED

    def sites(self, file: FileFacts) -> Iterable[AttributeSite]:
        return dict.fromkeys(self._sites(file))

    def _sites(self, file: FileFacts) -> Iterator[AttributeSite]:
        for located in self.diagnosed(file):
            name = self.named(located)
            owner = self.owner(located, file)
            home = self.home(owner, name) if owner is not None and name is not None else None
            if home is not None and name is not None:
                yield AttributeSite(home, name, located)

    def named(self, located: Located) -> str | None:
        """The attribute that a diagnosis is about."""
        said = self.said.search(located.message)
        return said["name"] if said is not None else None

    def owner(self, located: Located, file: FileFacts) -> ClassFacts | None:
        """The class of the model that it is about."""
        return located.owner

    def home(self, owner: ClassFacts, name: str) -> ClassFacts | None:
        """The class whose attribute it is to this rule: the model's own, or a base."""
        return owner


def beginning(owner: ClassFacts, name: str) -> ClassFacts | None:
    """The class, of one and its bases, that gives an attribute a value while it is built."""
    for cls in owner.mro:
        if any(definition.in_construction for definition in cls.own_definitions.get(name, ())):
            return cls
    return None
