"""Words of the compiler and of Python, turned back to the user's files, lines and next step."""

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torchscript_fix import memory
from torchscript_fix.line_map import original_line
from torchscript_fix.packages.distributions import distributions_of

OFFLINE = ("URLError", "ConnectionError", "gaierror", "NewConnectionError", "OfflineModeIsEnabled")

NO_GPU = (
    "Torch not compiled with CUDA",
    "No CUDA GPUs are available",
    "Found no NVIDIA driver",
    "deserialize object on a CUDA device",
)

NEEDS = "NeedsPackage"
"""The type of the error of a case that needs what only a stand-in took the place of."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_LINE = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d+)')

HINT = "(to install it:"
"""What the line of a message begins with that says how to install what it lacks."""


class Messages:
    """Rewrites messages of workers that saw the import root at a path that one of the patterns
    `seen` matches, that had their own files in `scratch`, and bytes of memory up to `limit`."""

    def __init__(
        self, root: Path, seen: Iterable[str], scratch: Path | None = None, limit: int = 0
    ) -> None:
        self._root, self._patterns, self._scratch = root, tuple(seen), scratch
        self._limit = limit
        self._seen = re.compile("|".join(self._patterns))
        self._changed: dict[str, tuple[str, str]] = {}

    def rewritten(self, files: Mapping[Path, bytes]) -> "Messages":
        """The same for a worker that saw these files (real paths) with other bytes."""
        made = Messages(self._root, self._patterns, self._scratch, self._limit)
        for path, data in files.items():
            before = path.read_bytes().decode(errors="replace")
            made._changed[str(path)] = (before, data.decode(errors="replace"))
        return made

    def plain(self, text: str) -> str:
        """The text with the user's paths, with line numbers of the files as they are, and without
        addresses and names of scratch folders, which are others each time."""
        text = self._seen.sub(lambda _: str(self._root), text)
        if self._scratch is not None:
            scratch = rf"{re.escape(str(self._scratch))}(/scratch-\d+(/\d+)?)?"
            text = re.sub(scratch, "<scratch>", text)
        return _LINE.sub(self._original, without_addresses(text))

    def _original(self, match: re.Match[str]) -> str:
        file, line = match["file"], int(match["line"])
        if file in self._changed:
            line = original_line(*self._changed[file], line)
        return f'File "{file}", line {line}'

    def of_error(self, error: Any) -> str:
        """An error as a worker described it, in words for people."""
        if not isinstance(error, dict):
            return "the worker said nothing that can be read"
        kind, message = str(error.get("type")), str(error.get("message"))
        text = f"{kind}: {message}" if message else kind
        if used_a_stand_in(error):
            text = message
        place = str(error.get("place") or "")
        if place and place not in text and 'File "' not in text:
            text += f"\n  {place}"
        missing = error.get("missing")
        for module in [missing] if isinstance(missing, str) else needed(error):
            text += f"\n{self._install(module)}"
        if missing is None and any(word in text for word in OFFLINE):
            text += "\n(cases run without a network: give the files a place beside the code)"
        if any(words in text for words in NO_GPU):
            text += "\n(cases run without a GPU: let the command take the CPU)"
        if memory.is_too_little(error):
            text = f"{self.too_little_memory()}\n{text}"
        return self.plain(text)

    def too_little_memory(self) -> str:
        """Which limit of memory was too little, and how to raise it."""
        return memory.over(self._limit)

    def _install(self, module: str) -> str:
        top = module.partition(".")[0]
        if (self._root / top).exists() or (self._root / f"{top}.py").exists():
            return f"({module} is looked for below {self._root}; see --import-root)"
        known = distributions_of(top)
        if not known:
            return f"({top} is not installed, and under which name it is published is not known)"
        return f"{HINT} pip install {shlex.quote(known[0])})"


def without_addresses(text: str) -> str:
    """Words of an object's `repr` without its address, which is another in each run."""
    return _ADDRESS.sub("0x…", text)


def used_a_stand_in(error: Any) -> bool:
    """Whether a case used a stand-in: for a package, or for something that one lacks."""
    return isinstance(error, dict) and (error.get("type") == NEEDS or bool(needed(error)))


def needed(error: Any) -> list[str]:
    """The missing packages that a case used the stand-ins of."""
    names = error.get("needs") if isinstance(error, dict) else None
    return [str(name)[:100] for name in names][:8] if isinstance(names, list) else []
