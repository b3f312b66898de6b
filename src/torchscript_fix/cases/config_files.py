"""Configuration files that a script opens: which file a name means, and what it holds.

Nothing is opened that does not lie below the folder the run is about; links are not followed.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

LARGEST = 100_000
"""Bytes of a configuration file; beyond that it is data."""
MOST_FILES = 5_000
MOST_LOADED = 60
"""Files that a key is looked for in."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe one; in C where there is that."""
SUFFIXES = (".yaml", ".yml", ".json", ".cfg", ".ini", ".toml", ".conf", ".config")


@dataclass
class ConfigFiles:
    """The configuration files below a folder; paths are told relative to `base`, at or above it,
    which a worker has as its current folder."""

    root: Path | None
    base: Path | None = None
    _names: dict[str, list[str]] | None = None
    _loaded: dict[str, Any] = field(default_factory=dict)
    _by_key: dict[str, Any] = field(default_factory=dict)

    def path(self, said: str, near: Path) -> str:
        """The file that a script at `near` means by a path, relative to the base: one that is
        there as seen from the root, from the script or from the base, else the only one whose path
        ends like it; "" where none is known."""
        if self.root is None or not said.lower().endswith(SUFFIXES) or "\0" in said:
            return ""
        wanted = tuple(part for part in PurePosixPath(said).parts if part not in ("..", "/"))
        alike = [each for each in self._all().get(wanted[-1], ()) if _ends(each, wanted)]
        base = self.base or self.root
        for folder in (self.root, near.parent, base):
            here = folder.relative_to(base) if folder.is_relative_to(base) else Path()
            exact = "/".join((*here.parts, *wanted))
            if exact in alike:
                return exact
        return alike[0] if len(alike) == 1 else ""

    def loaded(self, path: str) -> Any:
        """What a YAML or JSON file holds; None where it cannot be read."""
        if path not in self._loaded:
            base = self.base or self.root
            self._loaded[path] = read_config(base / path) if base is not None else None
        return self._loaded[path]

    def with_key(self, key: str) -> Any:
        """The mapping that the first of the files has under a key; None where none has one."""
        if key not in self._by_key:
            loaded = (each for _, each in self.all_loaded())
            held = (each.get(key) for each in loaded if isinstance(each, dict))
            self._by_key[key] = next((each for each in held if isinstance(each, dict)), None)
        return self._by_key[key]

    def all_loaded(self) -> Iterator[tuple[str, Any]]:
        """The files, at most so many, with what they hold."""
        if self.root is None:
            return
        paths = sorted(path for several in self._all().values() for path in several)
        loadable = [path for path in paths if path.endswith((".yaml", ".yml", ".json"))]
        for path in loadable[:MOST_LOADED]:
            yield path, self.loaded(path)

    def _all(self) -> dict[str, list[str]]:
        """Configuration files by their last name, paths relative to the base."""
        if self._names is None:
            self._names = {}
            count = 0
            assert self.root is not None
            for folder, folders, files in os.walk(self.root):
                folders[:] = sorted(f for f in folders if not f.startswith("."))
                for name in sorted(files):
                    if name.lower().endswith(SUFFIXES):
                        place = Path(folder, name).relative_to(self.base or self.root).as_posix()
                        self._names.setdefault(name, []).append(place)
                        count += 1
                if count > MOST_FILES:
                    break
        return self._names


def _ends(path: str, wanted: Sequence[str]) -> bool:
    return path.split("/")[-len(wanted) :] == list(wanted)


def read_config(path: Path) -> Any:
    """What a YAML or JSON file holds; None where it cannot be read."""
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST:
            return None
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return json.loads(text)
        if "&" in text and text.count("*") > 50:  # aliases of aliases grow without end
            return None
        return yaml.load(text, Loader=_LOADER)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None
