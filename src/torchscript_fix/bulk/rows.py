"""What sources and results become as rows of the tables."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import msgspec
import sqlalchemy as sql

from torchscript_fix.bulk.sources import Peek, Source, slug_of
from torchscript_fix.bulk.tables import (
    DONE,
    OF_RESULT,
    WAITING,
    case,
    diagnosis,
    left,
    repository,
    rewrite,
)
from torchscript_fix.report import document
from torchscript_fix.report.describe import blanked


@dataclass(frozen=True)
class Done:
    """A repository that is done, with its answer."""

    key: int
    result: document.Repository


def now() -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def packed(made: document.Repository) -> bytes:
    """A result as the column `document` holds it."""
    return zlib.compress(msgspec.json.encode(made), 3)


def new_row(
    connection: sql.Connection, run: int, position: int, source: Source, peek: Peek
) -> dict[str, Any]:
    name, slug = _unique(connection, peek.name)
    return {
        "run": run,
        "position": position,
        "name": name,
        "base_name": peek.name,
        "slug": slug,
        "source": source.shown,
        "location": source.location,
        "is_url": source.is_url,
        "pin": source.pin or "",
        "why_not": source.why_not,
        "state": WAITING,
        "tries": 0,
        "completed": 0,
    }


def _unique(connection: sql.Connection, base: str) -> tuple[str, str]:
    """A name, and one for files, that no other repository has: the base, then `base-2`, …"""
    number = (
        connection.execute(
            sql.select(sql.func.count()).where(repository.c.base_name == base)
        ).scalar()
        or 0
    )
    while True:
        number += 1
        name = base if number == 1 else f"{base}-{number}"
        slug = slug_of(name)
        taken = connection.execute(
            sql.select(repository.c.key).where(repository.c.name == name)
        ).first()
        if taken is None:
            break
    suffix = 1
    wanted = slug
    while connection.execute(
        sql.select(repository.c.key).where(sql.func.lower(repository.c.slug) == wanted.lower())
    ).first():
        suffix += 1
        wanted = f"{slug}~{suffix}"
    return name, wanted


def keep(connection: sql.Connection, done: Done, digest: str) -> None:
    made = done.result
    for table in OF_RESULT:
        connection.execute(sql.delete(table).where(table.c.repository == done.key))
    run = made.run
    connection.execute(
        sql.update(repository)
        .where(repository.c.key == done.key)
        .values(
            state=DONE,
            digest=digest,
            completed=repository.c.completed + 1,
            **{name: getattr(made, name) for name in _REPOSITORY},
            finished=now(),
            cases=len(run.cases) if run else 0,
            rewrites=len(run.rewrites) if run else 0,
            document=packed(made),
        )
    )
    if run is not None:
        for table, rows in _rows(done.key, run):
            if rows:
                connection.execute(sql.insert(table), rows)


def _rows(key: int, run: document.Run) -> Iterator[tuple[sql.Table, list[dict[str, Any]]]]:
    of = {"repository": key}
    yield case, [
        of
        | {name: getattr(each, name) for name in _CASE}
        | {
            "path": each.place.path if each.place else None,
            "line": each.place.line if each.place else None,
            "seconds": round(sum(each.seconds.values()), 3),
            "stages": json.dumps(each.seconds),
        }
        for each in run.cases
    ]
    yield diagnosis, [of | row for row in _diagnoses(run)]
    yield rewrite, [of | {name: getattr(each, name) for name in _REWRITE} for each in run.rewrites]
    yield left, [of | row for row in _left_alone(run)]


_REPOSITORY = (
    *("tries", "commit", "verdict", "message", "error", "patch", "branch", "written"),
    *("seconds", "peak_memory"),
)
_CASE = (
    *("name", "found", "how", "runs", "verdict", "before", "message", "error"),
    *("model", "parameters", "whole"),
)
_REWRITE = ("rule", "path", "line", "function", "summary", "safety", "standing")


def _diagnoses(run: document.Run) -> Iterator[dict[str, Any]]:
    for each in run.cases:
        for when, found in (("before", each.before_diagnoses), ("last", each.diagnoses)):
            for told in found:
                yield {"case": each.name, "when": when} | {
                    name: getattr(told, name) for name in _DIAGNOSIS
                }


_DIAGNOSIS = (
    *("kind", "stage", "message", "path", "line", "function", "code", "model", "outside"),
)


def _left_alone(run: document.Run) -> Iterator[dict[str, Any]]:
    for held in run.held_back:
        yield _left("held-back", held, held.reason, held.decided_by or "")
    for taken in run.taken_back:
        yield _left("taken-back", taken, taken.reason, "")
    for problem in run.problems:
        yield _left("problem", problem, problem.reason, problem.advice)


def _left(kind: str, part: Any, reason: str, advice: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "rule": getattr(part, "rule", ""),
        "path": part.path,
        "line": part.line,
        "function": getattr(part, "function", ""),
        "reason": reason,
        "error": blanked(reason),
        "advice": advice,
    }
