"""A mirror of the import root: Python files copied, all else linked, so that the user's tree is
never touched and a rewrite can take a file's place."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

NOT_MIRRORED = frozenset({"__pycache__"})


class Overlay:
    """The mirror in `folder` of the tree at `root`, with copies of `files` (all real paths).

    `links` is where the original tree will be seen by whoever reads the mirror; None where nothing
    but the copies is to be seen.
    """

    def __init__(self, root: Path, files: Iterable[Path], folder: Path, links: Path | None) -> None:
        self._root, self._folder, self._links = root, folder, links
        self._files = frozenset(file for file in files if file.is_relative_to(root))
        self._rewritten: dict[Path, bytes] = {}
        folders = {root}
        for file in self._files:
            folders |= {p for p in file.parents if p.is_relative_to(root)}
        for each in sorted(folders):
            self._mirror(each, folders)

    def _mirror(self, original: Path, folders: set[Path]) -> None:
        copy = self._place(original)
        copy.mkdir(parents=True, exist_ok=True)
        with os.scandir(original) as entries:
            for entry in entries:
                path = original / entry.name
                if path in self._files:
                    self._place(path).write_bytes(path.read_bytes())
                elif path not in folders and self._links is not None and _is_shown(entry.name):
                    self._place(path).symlink_to(self._links / path.relative_to(self._root))

    def _place(self, path: Path) -> Path:
        return self._folder / path.relative_to(self._root)

    def make_place_for(self, inside: Path) -> None:
        """An empty folder where something is going to be mounted over the mirror."""
        if inside.is_relative_to(self._root) and inside != self._root:
            place = self._place(inside)
            step = self._folder
            for part in place.relative_to(self._folder).parts:
                step = step / part
                if step.is_symlink():
                    step.unlink()
                step.mkdir(exist_ok=True)

    def put(self, rewritten: Mapping[Path, bytes], among: Collection[Path]) -> list[Path]:
        """Let the mirror hold these files' new bytes, and the original ones of the other files
        `among`. Returns the files that have changed."""
        changed = []
        for path in self._rewritten.keys() & set(among) - set(rewritten):
            self._write(path, path.read_bytes())
            del self._rewritten[path]
            changed.append(path)
        for path, data in rewritten.items():
            if self._rewritten.get(path) != data:
                self._write(path, data)
                self._rewritten[path] = data
                changed.append(path)
        return changed

    def _write(self, path: Path, data: bytes) -> None:
        place = self._place(path)
        part = place.with_name(place.name + ".part")
        part.write_bytes(data)
        part.replace(place)


def _is_shown(name: str) -> bool:
    return not name.startswith(".") and name not in NOT_MIRRORED
