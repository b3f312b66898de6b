"""What a worker left of one case, read as what it is: somebody's claims in somebody's files."""

import filecmp
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchscript_fix.facts.attribute import cached_property

LARGEST_JSON = 64 << 20
MOST_PACKAGES = 200
MOST_DIAGNOSES = 200
LONGEST_WORDS = 300

STAGES = ("build", "eval", "other", "train", "leave-out", "script", "script-later")
FILES = (
    *(f"{stage}.json" for stage in STAGES),
    *("eval.bin", "other.bin", "train.bin", "leave-out.bin", "model.pt"),
    *("state.json", "state.bin", "endings.json"),
)

ENDED = frozenset({"signal", "lost"})
"""How a process ended that something else than itself or its time limit has ended: a crash, the
kernel, somebody's `kill`."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The files of one run of one case, and how its process ended."""

    folder: Path
    how: str = "done"
    """"done", "exit", "signal", "timeout", "flood", or "lost" where the whole server went."""
    code: int = 0

    def stage(self, name: str) -> Mapping[str, Any]:
        """What the stage wrote; empty where it wrote nothing that can be read."""
        return self._stages.get(name, {})

    @cached_property
    def _stages(self) -> dict[str, Mapping[str, Any]]:
        return {name: read_json(self.folder / f"{name}.json") for name in STAGES}

    @cached_property
    def endings(self) -> Mapping[str, Any]:
        return read_json(self.folder / "endings.json")

    def ok(self, name: str) -> bool:
        return self.stage(name).get("ok") is True

    def ending(self, name: str) -> tuple[str, int]:
        """How the process of a stage ended; that of the case where the stage has none."""
        ending = self.endings.get(name)
        if isinstance(ending, dict) and isinstance(ending.get("code"), int):
            return str(ending.get("how")), ending["code"]
        return self.how, self.code

    @property
    def ended_stages(self) -> frozenset[str]:
        """The stages whose process was ended from outside or by a crash; "" for that of all."""
        endings = self.endings.items()
        stages = {str(name) for name, e in endings if isinstance(e, dict) and e.get("how") in ENDED}
        return frozenset(stages | {""} if self.how in ENDED else stages)

    @property
    def was_ended(self) -> bool:
        """Whether its process, or that of a stage, was ended from outside or by a crash."""
        return bool(self.ended_stages)

    def times(self) -> dict[str, float]:
        """Seconds by stage."""
        found = {}
        for name, ending in self.endings.items():
            seconds = ending.get("seconds") if isinstance(ending, dict) else None
            if isinstance(seconds, (int, float)):
                found[str(name)] = float(seconds)
        return found

    def add(self, other: "Evidence", stage: str) -> None:
        """Take over a stage that was run later."""
        for name in (f"{stage}.json", f"{stage}.bin"):
            if other.file(name).is_file():
                other.file(name).replace(self.file(name))
        self.__dict__.pop("_stages", None)

    def file(self, name: str) -> Path:
        return self.folder / name

    def kept(self, stage: str, *keys: str | int) -> dict[str, Any]:
        """Where the clean process finds an encoded value."""
        return {
            "json": str(self.folder / f"{stage}.json"),
            "keys": list(keys),
            "blob": str(self.folder / f"{stage}.bin"),
        }

    def state(self, stage: str) -> list[list[Any]]:
        """[key, dtype, shape, digest] of each entry, after the build or after a run."""
        return _entries(self.stage(stage).get("state"), 4)

    def repeats(self) -> int:
        """How often the run in eval() was repeated."""
        repeats = self.stage("eval").get("repeats")
        return len(repeats) if isinstance(repeats, list) else 0

    def as_run(self) -> dict[str, Any]:
        """What the worker decided of how the case is run, for another to be run alike."""
        return {"repeats": self.repeats(), "plain": self.stage("train").get("plain") is True}

    def model(self) -> Mapping[str, Any] | None:
        """Name, qualname, file and parameters of what was built; None where nothing was."""
        said = self.stage("build").get("model")
        return said if isinstance(said, dict) and self.ok("build") else None

    def left_out(self) -> list[str]:
        """The optional arguments without which the model ran."""
        calls = self.stage("leave-out").get("calls")
        if not isinstance(calls, dict):
            return []
        return [n for n, call in calls.items() if isinstance(call, dict) and call.get("ok") is True]

    def gradients(self) -> list[list[Any]]:
        """[name, digest, tree or None] of each parameter, and of inputs."""
        return _entries(self.stage("train").get("gradients"), 3)

    def imported(self) -> frozenset[str]:
        """Files that were imported, as the worker saw them."""
        found: set[str] = set()
        for name in ("build", "eval", "train", "script"):
            files = self.stage(name).get("imported")
            found |= {str(file) for file in files} if isinstance(files, list) else set()
        return frozenset(found)

    def time_limits(self) -> list[str]:
        """What of it the clock ended, with the seconds after which it did: `eval (120 s)`."""
        found = []
        for name, ending in self.endings.items():
            if isinstance(ending, dict) and ending.get("how") == "timeout":
                found.append(_with_limit(str(name)[:LONGEST_WORDS], ending.get("limit")))
        parts = self.stage("script").get("time_limit")
        if isinstance(parts, int | float):
            found.append(_with_limit("a look at the parts", parts))
        if self.how == "timeout":
            found.append("all stages")
        return found

    def told(self) -> list[Mapping[str, Any]]:
        """What the stages say of stand-ins."""
        return [self.stage(stage) for stage in STAGES]

    def diagnoses(self) -> list[Mapping[str, Any]]:
        """What the compiler, the scripted module or saving it complained of."""
        found = self.stage("script").get("diagnoses")
        entries = found[:MOST_DIAGNOSES] if isinstance(found, list) else []
        return [entry for entry in entries if isinstance(entry, dict)]

    def seen_at_work(self) -> Iterator[tuple[Any, Any]]:
        """What each stage says of the functions that ran, and of the classes of the modules."""
        for name in ("build", "eval", "leave-out", "other", "train"):
            stage = self.stage(name)
            yield stage.get("functions"), stage.get("classes")


def package_names(said: Any) -> frozenset[str]:
    """Names of packages, and of what is in them, as a worker says them."""
    names = said[:MOST_PACKAGES] if isinstance(said, list) else []
    return frozenset(
        n
        for n in names
        if isinstance(n, str) and n.replace(".", "_").isidentifier() and len(n) < 100
    )


def printable(said: Any) -> str:
    """Words of a worker that are to stand in one line."""
    return "".join(c if c.isprintable() else "?" for c in str(said)[:LONGEST_WORDS])


def same_values(one: Evidence, other: Evidence, stage: str, keys: tuple[str, ...]) -> bool:
    """Whether both wrote the very same trees and bytes."""
    mine, theirs = one.stage(stage), other.stage(stage)
    if any(mine.get(key) != theirs.get(key) for key in keys):
        return False
    blobs = one.file(f"{stage}.bin"), other.file(f"{stage}.bin")
    try:
        return filecmp.cmp(*blobs, shallow=False)
    except OSError:
        return False


def read_json(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file of a worker's; empty where none can be read."""
    try:
        if path.lstat().st_size > LARGEST_JSON:
            return {}
        read = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _entries(value: Any, length: int) -> list[list[Any]]:
    if not isinstance(value, list):
        return []
    return [entry for entry in value if isinstance(entry, list) and len(entry) == length]


def _with_limit(what: str, seconds: Any) -> str:
    return f"{what} ({seconds:g} s)" if isinstance(seconds, int | float) else what
