"""A copy of the import root for commands to write to, so that the user's tree never changes."""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

LARGEST_COPY = 4 << 20
"""Bytes of one file: a larger one is linked, and so cannot be written to."""
MOST_BYTES = 256 << 20
MOST_FILES = 5_000


@dataclass
class _Budget:
    files: int = MOST_FILES
    size: int = MOST_BYTES

    def allows(self, status: os.stat_result) -> bool:
        """Whether one more file is to be copied."""
        if status.st_size > LARGEST_COPY or self.files <= 0 or status.st_size > self.size:
            return False
        self.files -= 1
        self.size -= status.st_size
        return True


def fill(copy: Path, mirror: Path, root: Path) -> None:
    """Make `copy` hold what `mirror` does (see mirror.py): its links into the tree at `root`
    become folders and copies of files, as far as these are small. What else is in `copy` goes."""
    _fill(copy, mirror, root, _Budget())


def _fill(copy: Path, mirror: Path, original: Path, budget: _Budget) -> None:
    wanted = {entry.name: entry for entry in os.scandir(mirror)}
    for entry in list(os.scandir(copy)):
        # Folders that stay are kept as they are: something may be mounted over them.
        stays = entry.name in wanted and entry.is_dir(follow_symlinks=False)
        if not stays or not _is_folder(wanted[entry.name], original):
            _remove(Path(entry.path))
    for name, entry in wanted.items():
        place, source = copy / name, original / name
        if entry.is_dir(follow_symlinks=False):
            place.mkdir(exist_ok=True)
            _fill(place, Path(entry.path), source, budget)
        elif not entry.is_symlink():
            shutil.copyfile(entry.path, place)
        else:
            _taken_over(place, source, Path(entry.path).readlink(), budget)


def _is_folder(entry: "os.DirEntry[str]", original: Path) -> bool:
    if not entry.is_symlink():
        return entry.is_dir()
    place = original / entry.name
    return place.is_dir() and not place.is_symlink()


def _taken_over(place: Path, source: Path, seen: Path, budget: _Budget) -> None:
    """A folder or file that the mirror links: `seen` is where its original is to be seen inside.
    What cannot be read, or goes away meanwhile, stays a link."""
    try:
        if stat.S_ISDIR(source.lstat().st_mode) and budget.files > 0:
            _copied(place, source, seen, budget)
        else:
            _one(place, source, seen, budget)
    except OSError:
        if not place.is_dir():
            place.unlink(missing_ok=True)
            place.symlink_to(seen)


def _copied(place: Path, source: Path, seen: Path, budget: _Budget) -> None:
    names = {entry.name for entry in os.scandir(source)}
    place.mkdir(exist_ok=True)
    for entry in list(os.scandir(place)):
        if entry.name not in names or not entry.is_dir(follow_symlinks=False):
            _remove(Path(entry.path))
    for name in names:
        _taken_over(place / name, source / name, seen / name, budget)


def _one(place: Path, source: Path, seen: Path, budget: _Budget) -> None:
    """A file, or a link of the user's, which is taken over as it is."""
    status = source.lstat()
    if place.is_dir() and not place.is_symlink():
        _remove(place)
    if stat.S_ISLNK(status.st_mode):
        place.symlink_to(source.readlink())
    elif stat.S_ISREG(status.st_mode) and budget.allows(status):
        shutil.copyfile(source, place)
        place.chmod(stat.S_IMODE(status.st_mode) | stat.S_IWUSR)
    else:
        place.symlink_to(seen)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
