"""Cloning from a URL: shallow, at one commit, without hooks, submodules or large files of LFS.

The only git that has the network, and the user's own configuration (proxies, credentials).
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from torchscript_fix.bulk.clone import Clone, Refused, clone_at
from torchscript_fix.bulk.git import GitFailed, git_on_path, last_words
from torchscript_fix.bulk.sources import without_password

_CAREFUL = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"),
    *("-c", "protocol.ext.allow=never", "-c", "submodule.recurse=false"),
    *("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60"),
    *("-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"),
)


def clone_of(url: str, pin: str | None, place: Path) -> Clone:
    """The clone of a URL in the folder `place`, which is made unless it is there.

    Raises Refused where it cannot be cloned. A clone that was not finished leaves nothing.
    """
    if not (place / ".git").is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        begun = Path(tempfile.mkdtemp(prefix=f"{place.name}.", suffix=".begun", dir=place.parent))
        try:
            _clone(url, pin, begun)
            begun.rename(place)
        except GitFailed as error:
            raise Refused(f"it cannot be cloned: {_unsaid(str(error), url)}") from error
        finally:
            shutil.rmtree(begun, ignore_errors=True)
    elif pin is not None:
        _bring(place, url, pin)
    return clone_at(place)


def _clone(url: str, pin: str | None, folder: Path) -> None:
    if pin is None:
        _git("clone", "--quiet", "--depth=1", "--no-tags", "--template=", "--", url, str(folder))
        return
    object_format = ["--object-format=sha256"] if len(pin) == 64 else []
    _git("init", "--quiet", "--template=", *object_format, str(folder))
    _git("-C", str(folder), "remote", "add", "origin", "--", url)
    _fetch(folder, url, pin)
    _git("-C", str(folder), "checkout", "--quiet", "--detach", pin)


def _fetch(folder: Path, url: str, pin: str) -> None:
    """Fetch one commit; all of them where the other side gives out no single ones."""
    fetch = ("-C", str(folder), "fetch", "--quiet", "--no-tags", "--no-recurse-submodules")
    try:
        _git(*fetch, "--depth=1", "--", url, pin)
    except GitFailed:
        _git(*fetch, "--", url, "+refs/heads/*:refs/remotes/origin/*")


def _bring(place: Path, url: str, pin: str) -> None:
    try:
        _git("-C", str(place), "cat-file", "-e", f"{pin}^{{commit}}")
    except GitFailed:
        try:
            _fetch(place, url, pin)
        except GitFailed as error:
            raise Refused(f"{pin} cannot be fetched: {_unsaid(str(error), url)}") from error


def _git(*arguments: str) -> None:
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C.UTF-8",
    }
    environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=30")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_ASKPASS", "SSH_ASKPASS"):
        environment.pop(name, None)
    done = subprocess.run(
        [git_on_path(), *_CAREFUL, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        raise GitFailed(last_words(done.stderr, done.returncode))


def _unsaid(message: str, url: str) -> str:
    """A message without the password that a URL may hold."""
    message = message.replace(url, without_password(url))
    return re.sub(r"(\w+://)[^/@\s']+@", r"\1", message)
