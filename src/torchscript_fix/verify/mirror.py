"""A mirror of the import root: Python files copied, all else linked, so that the user's tree is
never touched and a rewrite can take a file's place."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

NOT_MIRRORED = frozenset({"__pycache__"})


class Mirror:
    """The mirror in `folder` of the tree at `root`, with copies of `files` (all real paths).

    `links` is where the original tree will be seen by whoever reads the mirror; None where nothing
    but the copies is to be seen. `seen_root` is where they see the mirror itself.
    """

    def __init__(
        self,
        root: Path,
        files: Iterable[Path],
        folder: Path,
        links: Path | None,
        seen_root: Path,
    ) -> None:
        self._root, self.folder, self._links, self.seen_root = root, folder, links, seen_root
        self._files = frozenset(file for file in files if file.is_relative_to(root))
        self._rewritten: dict[Path, bytes] = {}
        self._puts = 0
        self._changed: dict[Path, int] = {}
        """The number of the put that last gave a file other bytes."""
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
        return self.folder / path.relative_to(self._root)

    def make_place_for(self, inside: Path) -> None:
        """An empty folder where something is going to be mounted over the mirror."""
        if inside.is_relative_to(self._root) and inside != self._root:
            place = self._place(inside)
            step = self.folder
            for part in place.relative_to(self.folder).parts:
                step = step / part
                if step.is_symlink():
                    step.unlink()
                step.mkdir(exist_ok=True)

    def seen(self, path: Path) -> str:
        """Where a worker sees one of the user's files."""
        if path.is_relative_to(self._root):
            return str(self.seen_root / path.relative_to(self._root))
        return str(path)

    def path_of(self, seen: str) -> Path:
        """The user's file that a worker sees at a path."""
        path = Path(seen)
        if path.is_relative_to(self.seen_root):
            return self._root / path.relative_to(self.seen_root)
        return path

    def put(self, rewritten: Mapping[Path, bytes]) -> None:
        """Let the mirror hold these bytes in the place of their files, and all other files as the
        user has them. Files that are not in the mirror are left out."""
        self._puts += 1
        for path in self._rewritten.keys() - rewritten.keys():
            self._write(path, path.read_bytes())
            del self._rewritten[path]
        for path, data in rewritten.items():
            if path in self._files and self._rewritten.get(path) != data:
                self._write(path, data)
                self._rewritten[path] = data

    @property
    def puts(self) -> int:
        """How often files were put here, for `changed_since`."""
        return self._puts

    def changed_since(self, puts: int, seen: Collection[str]) -> bool:
        """Whether one of these files, as a worker sees them, got other bytes after so many puts."""
        return any(at > puts and self.seen(path) in seen for path, at in self._changed.items())

    def _write(self, path: Path, data: bytes) -> None:
        place = self._place(path)
        part = place.with_name(place.name + ".part")
        part.write_bytes(data)
        part.replace(place)
        self._changed[path] = self._puts


def _is_shown(name: str) -> bool:
    return not name.startswith(".") and name not in NOT_MIRRORED
