"""Rules about names in functions that a diagnosis leads to."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field

from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit.attributes import AttributeSite
from torchscript_fix.kit.sites import InFunction, SiteRule


@dataclass(frozen=True)
class NameSite(InFunction):
    """A name in a function, and the diagnosis that leads to it."""

    function: FunctionFacts
    name: str
    located: Located = field(compare=False)

    @property
    def line(self) -> int:
        return self.located.line

    @property
    def message(self) -> str:
        """What the compiler said there."""
        return self.located.message

    @property
    def attribute(self) -> AttributeSite:
        """The attribute of `self` that has this name, in a method."""
        assert self.function.owner is not None
        return AttributeSite(self.function.owner, self.name, self.located)


class NameRule(SiteRule[NameSite]):
    """A rule about names: of several diagnoses that lead to one, the first counts."""

    @abstractmethod
    def names(self, located: Located, function: FunctionFacts) -> Iterable[str]:
        """The names that a diagnosis leads to."""

    def sites(self, file: FileFacts) -> Iterable[NameSite]:
        return dict.fromkeys(
            NameSite(located.function, name, located)
            for located in self.diagnosed(file)
            if located.function is not None
            for name in self.names(located, located.function)
        )
