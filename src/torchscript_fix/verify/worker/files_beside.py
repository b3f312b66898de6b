"""Files that code opens by a relative path: found from the repository's folder, where the process
stands, else from the script's; what is written where nothing can be written goes to scratch."""

import builtins
import contextlib
import errno
import io
import os
from collections.abc import Callable
from typing import Any

_WRITES = frozenset("wax+")
_SUPPORTING = (
    os.supports_dir_fd,
    os.supports_fd,
    os.supports_follow_symlinks,
    os.supports_effective_ids,
)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


def stand_beside(folders: list[str], scratch: str) -> None:
    """From now on, in this process and its forks, look for files below `folders`, in their order,
    that are not where they should be, and write to `scratch` what can be written nowhere else."""
    if not _files:
        _files.append(_FilesBeside(scratch))
        _files[0].install()
    _files[0].beside = [*dict.fromkeys([*folders, *_files[0].beside])]


class _FilesBeside:
    """Takes the place of what opens and looks for files, while code is imported, built and run."""

    def __init__(self, scratch: str) -> None:
        self.beside: list[str] = []
        self._scratch = scratch
        self._written: set[str] = set()
        """Absolute paths that were written, or made, in scratch instead."""

    def install(self) -> None:
        """Be asked, for the rest of this process."""
        builtins.open = io.open = self._opener(builtins.open)
        self._replace("mkdir", self._maker(os.mkdir))
        for name in ("stat", "lstat", "listdir", "scandir", "access"):
            self._replace(name, self._finder(getattr(os, name)))

    @staticmethod
    def _replace(name: str, wrapper: Callable[..., Any]) -> None:
        real = getattr(os, name)
        for supporting in _SUPPORTING:
            if real in supporting:  # shutil asks what a function can do
                supporting.add(wrapper)
        setattr(os, name, wrapper)

    def _opener(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if not _is_path(file):
                return real(file, mode, *args, **kwargs)
            if not _WRITES & set(mode):
                return self._found(lambda path: real(path, mode, *args, **kwargs), file)
            try:
                return real(self._place(file), mode, *args, **kwargs)
            except OSError as error:
                if error.errno not in _READ_ONLY:
                    raise
                return real(self._in_scratch(file, "w" not in mode), mode, *args, **kwargs)

        return opened

    def _maker(self, real: Callable[..., None]) -> Callable[..., None]:
        def made(path: Any, *args: Any, **kwargs: Any) -> None:
            try:
                real(self._place(path) if _is_path(path) else path, *args, **kwargs)
            except OSError as error:
                if error.errno not in _READ_ONLY or not _is_path(path):
                    raise
                os.makedirs(self._in_scratch(path, False), exist_ok=True)

        return made

    def _finder(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def found(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
            if not _is_path(path):
                return real(path, *args, **kwargs)
            return self._found(lambda place: real(place, *args, **kwargs), path)

        return found

    def _found(self, use: Callable[[Any], Any], path: Any) -> Any:
        """What `use` makes of a path: of the one in scratch where it was written to, of that beside
        the script where there is none from here."""
        try:
            return use(self._place(path))
        except FileNotFoundError:
            name = os.fsdecode(os.fspath(path))
            if os.path.isabs(name):
                raise
            for folder in self.beside:
                with contextlib.suppress(OSError):
                    return use(os.path.join(folder, name))
            raise

    def _place(self, path: Any) -> Any:
        """Where a path is now: what was made in scratch has all that is below it there."""
        step = known = os.path.abspath(os.fsdecode(os.fspath(path))) if self._written else ""
        while len(step) > 1:
            if step in self._written:
                return self._mapped(known)
            step = os.path.dirname(step)
        return path

    def _in_scratch(self, path: Any, keeps: bool) -> str:
        """Where a path is written to instead; what it holds already is taken along to be added
        to."""
        known = os.path.abspath(os.fsdecode(os.fspath(path)))
        place = self._mapped(known)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if keeps and known not in self._written and os.path.isfile(known):
            with io.FileIO(known) as source, io.FileIO(place, "w") as target:
                target.write(source.readall())
        self._written.add(known)
        return place

    def _mapped(self, known: str) -> str:
        return os.path.join(self._scratch, known.lstrip(os.sep))


_files: list[_FilesBeside] = []
"""The one of this process, if it has one."""


def _is_path(path: Any) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and os.fspath(path) not in ("", b"")
