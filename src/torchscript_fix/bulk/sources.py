"""What SOURCE means: a clone, a folder of clones, a git URL, or a file that lists such, one a line.

Sources are read lazily and in a fixed order, so that a hundred thousand need no memory and a run
that is taken up again meets them as before.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from torchscript_fix.bulk.clone import (
    HASH,
    Refused,
    clone_at,
    is_repository,
    origin_of,
    peek_commit,
)
from torchscript_fix.discover import link_said
from torchscript_fix.report.describe import unicode

DEEPEST = 3
"""How far below a folder clones are looked for: OWNER/NAME, or HOST/OWNER/NAME."""

SCHEMES = ("https", "http", "ssh", "git+ssh", "file")

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:/|:)")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^\s].*")
_PINNED = re.compile(rf"(?P<what>.+?)(?:@|\s+)(?P<commit>{HASH.pattern})\s*")
_HALF_PINNED = re.compile(r"(?P<what>\S+)(?:@|\s+)(?P<commit>[0-9a-f]{7,63})\s*")


class WrongSource(Exception):
    """A source that means nothing: the command itself is wrong."""


@dataclass(frozen=True)
class Source:
    """One repository that is meant."""

    location: bytes
    """A real path, or a URL."""
    is_url: bool
    pin: str | None
    """The commit that is wanted, in full; None for HEAD."""
    why_not: str = ""
    """What is wrong with it, where it is known already."""

    @property
    def shown(self) -> str:
        """The path or URL without passwords, for people and documents."""
        text = os.fsdecode(self.location)
        return unicode(without_password(text) if self.is_url else text)


@dataclass(frozen=True)
class Peek:
    """What a look at a source tells without git: a name for it, and its commit."""

    name: str
    commit: str | None


def find(given: Iterable[str], results: Path) -> Iterator[Source]:
    """The repositories that the sources mean. Raises WrongSource. What lies in the folder `results`
    (a real path) is not meant by a folder around it."""
    for each in given:
        yield from _meant(each, results)


def _meant(given: str, results: Path) -> Iterator[Source]:
    path = Path(given)
    if _is_url(given) and not os.path.lexists(path):
        source = _pinned(given, Path.cwd())
        if source.why_not:
            raise WrongSource(f"{source.shown}: {source.why_not}")
        yield source
    elif not os.path.lexists(path):
        raise WrongSource(f"no such file or folder: {given}")
    elif not path.exists():
        raise WrongSource(f"no such file or folder: {link_said(path)}")
    elif path.is_dir():
        yield from _in_folder(path, results)
    elif path.is_file():
        yield from _in_list(path)
    else:
        raise WrongSource(f"{given} is neither a folder, nor a list of repositories, nor a URL")


def links_among(given: Iterable[str]) -> Iterator[str]:
    """A line for each source that is a link: it is followed."""
    for each in given:
        if link := link_said(Path(each)):
            yield link


# ------------------------------------------------------------------------------------- folders


def _in_folder(folder: Path, results: Path) -> Iterator[Source]:
    found = False
    for place in _repositories(Path(os.path.realpath(folder)), DEEPEST, results):
        found = True
        yield Source(os.fsencode(place), False, None)
    if not found:
        raise WrongSource(
            f"there is no git repository in {folder}, nor up to {DEEPEST} folders below it"
        )


def _repositories(folder: Path, depth: int, results: Path) -> Iterator[Path]:
    """The clones at or below a folder, in the order of their names; links are not followed."""
    if is_repository(folder):
        yield folder
    elif depth:
        try:
            with os.scandir(folder) as scan:
                names = sorted(
                    os.fsencode(entry.name) for entry in scan if entry.is_dir(follow_symlinks=False)
                )
        except OSError:
            return
        for name in names:
            # A clone may be called `.github`; what else is hidden is not looked into.
            below = 0 if name.startswith(b".") else depth - 1
            if folder / os.fsdecode(name) != results:
                yield from _repositories(folder / os.fsdecode(name), below, results)


# --------------------------------------------------------------------------------------- lists


def _in_list(file: Path) -> Iterator[Source]:
    here = Path(os.path.realpath(file.parent))
    with file.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
        found = False
        for line in lines:
            if "\0" in line:
                raise WrongSource(f"{file} is no list of repositories: it is not text")
            text = line.strip()
            if text and not text.startswith("#"):
                found = True
                yield _pinned(text, here)
    if not found:
        raise WrongSource(f"{file} lists no repository: one path or git URL a line")


def _pinned(text: str, here: Path) -> Source:
    """A path or a URL, with a commit or without: `URL@COMMIT`, `URL COMMIT`."""
    pin = None
    if not os.path.lexists(here / text):
        if found := _PINNED.fullmatch(text):
            text, pin = found["what"], found["commit"]
        elif (found := _HALF_PINNED.fullmatch(text)) and (_is_url(text)):
            why = f"{found['commit']} is no commit in full: give all of its 40 digits"
            return Source(os.fsencode(found["what"]), True, None, why)
    if _is_url(text):
        return Source(os.fsencode(text), True, pin, _why_not_taken(text))
    place = Path(os.path.realpath(here / Path(text).expanduser()))
    return Source(os.fsencode(place), False, pin)


def _is_url(text: str) -> bool:
    return bool(_URL.match(text) or _SCP.fullmatch(text))


def _why_not_taken(url: str) -> str:
    scheme = url.partition(":")[0].lower()
    if "://" in url and scheme in SCHEMES:
        return ""
    if _SCP.fullmatch(url) and "::" not in url:
        return ""
    return f"URLs that begin with {scheme}: are not taken, but {', '.join(SCHEMES)} are"


def without_password(url: str) -> str:
    """A URL without the user's name and password or token."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return url.partition("://")[0] + "://…"
    if "@" not in parts.netloc:
        return url
    user, _, host = parts.netloc.rpartition("@")
    keep = "git@" if user == "git" else ""
    return urlunsplit(parts._replace(netloc=keep + host))


# --------------------------------------------------------------------------------------- names


def peek(source: Source) -> Peek:
    """A name, `owner/name` where a URL tells it, and the commit that is checked out."""
    text = os.fsdecode(source.location)
    if source.is_url:
        return Peek(name_in(text), source.pin)
    try:
        clone = clone_at(Path(text))
    except (Refused, OSError):
        return Peek(_last_two(text), source.pin)
    origin = origin_of(clone)
    name = name_in(origin) if origin else _last_two(text)
    return Peek(name, source.pin or peek_commit(clone))


def name_in(url: str) -> str:
    """`owner/name` of a URL: the last two steps of its path."""
    path = url.partition("://")[2].partition("/")[2] if "://" in url else url
    if "://" not in url and _SCP.fullmatch(url):
        path = url.partition(":")[2]
    return _last_two(path)


def _last_two(path: str) -> str:
    steps = [step for step in path.split("/") if step not in ("", ".", "..")]
    if steps and steps[-1] != ".git":
        steps[-1] = steps[-1].removesuffix(".git")
    elif len(steps) > 1:
        steps.pop()
    return unicode("/".join(steps[-2:])) or "repository"


_PLAIN = re.compile(r"[^A-Za-z0-9._-]")


def slug_of(name: str) -> str:
    """A name as a file can be called anywhere: `owner+name`, what is odd in it replaced."""
    steps = [_PLAIN.sub("_", step) for step in name.split("/")]
    steps[0] = re.sub(r"^[.-]", "_", steps[0])
    return "+".join(steps)[:120]
