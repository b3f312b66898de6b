"""From the compiler's words to a Diagnosis: what it says, and where in the user's own files.

The form of the message is that of `SourceRange::highlight` and of `ErrorReport` in PyTorch
(torch/csrc/jit/frontend): the words, then `File "...", line N`, an extract with `~~~ <--- HERE`
below the code that is meant, and then in the same form who called what it stands in.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchscript_fix.facts.diagnosed import Caller, Diagnosis, Stage
from torchscript_fix.facts.static import FileFacts, Project
from torchscript_fix.source import parse
from torchscript_fix.verify.messages import original_line

STAGES: Mapping[str, Stage] = {"script": "compile", "run": "run", "save": "save", "load": "load"}

_PLACE = re.compile(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>\S+))?', re.M)
_HERE = re.compile(r"^(?P<space> *)(?P<marks>~+)(?: <--- HERE)?$")


@dataclass(frozen=True)
class Text:
    """A file as the worker saw it, and as the user has it."""

    path: Path
    """As the user gave it."""
    now: str
    before: str


class Diagnosing:
    """Reads what workers say of files that they saw under `seen`."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        """`texts` are the user's files by the path that the worker saw."""
        self._texts = texts
        self._facts: dict[str, FileFacts] = {}

    def of(self, said: Mapping[str, Any], case: str) -> Diagnosis:
        """The Diagnosis of one error as a worker described it."""
        message = str(said.get("message"))
        places = list(_PLACE.finditer(message))
        words = message[: places[0].start()] if places else message
        stage = STAGES.get(str(said.get("at")), "compile")
        model = str(said.get("model", ""))
        chain = tuple(self._callers(places[1:]))
        for place in places:
            text = self._texts.get(place["file"])
            if text is not None:
                line = int(place["line"])
                return Diagnosis(
                    stage,
                    words.strip(),
                    text.path,
                    original_line(text.before, text.now, line),
                    self._function(place["file"], line),
                    _underlined(message[place.end() :]),
                    model,
                    chain,
                    case,
                )
        return Diagnosis(stage, words.strip(), None, 0, "", "", model, chain, case)

    def _callers(self, places: list[re.Match[str]]) -> Iterator[Caller]:
        for place in places:
            text = self._texts.get(place["file"])
            if text is not None:
                line = original_line(text.before, text.now, int(place["line"]))
                yield Caller(text.path, line, self._function(place["file"], int(place["line"])))

    def _function(self, file: str, line: int) -> str:
        """The qualified name of the innermost function or method around a line."""
        facts = self._facts.get(file)
        if facts is None:
            text = self._texts[file]
            facts = FileFacts(Project(), text.path, "", text.now, parse(text.now))
            self._facts[file] = facts
        around = [
            function
            for function in facts.functions.values()
            if min([function.node.lineno, *(d.lineno for d in function.node.decorator_list)])
            <= line
            <= (function.node.end_lineno or 0)
        ]
        return around[-1].qualname if around else ""


def _underlined(extract: str) -> str:
    """The code above the marks of an extract."""
    code: list[str] = []
    above = ""
    for line in extract.split("\n"):
        marks = _HERE.match(line)
        if marks is not None:
            start = len(marks["space"])
            code.append(above[start : start + len(marks["marks"])])
            if line.endswith("HERE"):
                break
        elif _PLACE.match(line):
            break
        above = line
    return "\n".join(code)
