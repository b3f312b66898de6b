"""What a bulk run knows, in `state.sqlite`: documented tables that any SQLite tool can read.

A repository is done when its row says so; the row and all that belongs to it are committed at once.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sql
from sqlalchemy.exc import DBAPIError

from torchscript_fix.bulk.sources import Peek, Source, slug_of
from torchscript_fix.bulk.tables import (
    DONE,
    IN_FLIGHT,
    NAME,
    OF_RESULT,
    TABLES,
    VERSION,
    WAITING,
    about,
    campaign,
    case,
    described,
    diagnosis,
    left,
    loss,
    repository,
    rewrite,
)
from torchscript_fix.report import document
from torchscript_fix.report.describe import blanked


class Unusable(Exception):
    """A state that cannot be gone on with: what is wrong and what to do, in one line."""


class DiskFull(Exception):
    """Nothing can be written any more."""


class Damaged(Unusable):
    """A file that is no SQLite database, or a broken one."""


@dataclass(frozen=True)
class Row:
    """A repository that is to be done."""

    key: int
    name: str
    slug: str
    source: str
    location: bytes
    is_url: bool
    pin: str | None
    why_not: str
    """What is wrong with the source as it was given."""
    tries: int


@dataclass(frozen=True)
class Done:
    """A repository that is done, with its answer."""

    key: int
    result: document.Repository


@dataclass(frozen=True)
class Lost:
    """A repository whose worker was lost."""

    key: int
    reason: str


def now() -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def packed(made: document.Repository) -> bytes:
    """A result as the column `document` holds it."""
    return zlib.compress(msgspec.json.encode(made), 3)


# ---------------------------------------------------------------------------------------- state


class State:
    """The database of one folder, opened for writing by one process or for reading by any."""

    def __init__(self, path: Path, engine: sql.Engine) -> None:
        self.path = path
        self._engine = engine

    # ------------------------------------------------------------------------------ opening

    @classmethod
    def open(cls, folder: Path) -> "State":
        """Open for writing, and make it where it is not there. Raises Unusable and DiskFull."""
        path = folder / NAME
        _refuse_unusable(path)
        _refuse_broken(path)
        state = cls(path, _engine(path, read_only=False))
        with state._writing() as connection:
            TABLES.create_all(connection)
            _add_columns(connection)
            connection.execute(sql.delete(about))
            connection.execute(
                sql.insert(about),
                [
                    {"table": table, "column": column, "meaning": meaning}
                    for table, column, meaning in described()
                ],
            )
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
            connection.execute(
                sql.update(repository).where(repository.c.state == IN_FLIGHT).values(state=WAITING)
            )
        return state

    @classmethod
    def read(cls, folder: Path) -> "State":
        """Open for reading, also while a run is under way. Raises Unusable."""
        path = folder / NAME
        if not path.exists():
            raise Unusable(f"there is no {NAME} in {folder}: it holds no bulk run")
        _refuse_unusable(path)
        return cls(path, _engine(path, read_only=True))

    def close(self) -> None:
        """Leave one file that any tool can read, also from a folder that cannot be written to."""
        self._engine.dispose()

    def settle_down(self) -> None:
        """Put all into the one file, before the end of a run."""
        self._engine.dispose()
        try:
            with closing(sqlite3.connect(self.path, timeout=10)) as connection:
                connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error:
            pass  # somebody is reading; the files beside it are valid as they are

    @contextmanager
    def _writing(self) -> Iterator[sql.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise _told(self.path, error.orig) from error

    @contextmanager
    def _reading(self) -> Iterator[sql.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise _told(self.path, error.orig) from error

    # ---------------------------------------------------------------------------- the run

    def begin(
        self, tool: document.Tool, options: Mapping[str, Any], digest: str, sandbox: bool
    ) -> int:
        """A run begins; its number."""
        with self._writing() as connection:
            before = connection.execute(sql.select(campaign.c.run)).scalar() or 0
            values = {
                "key": 1,
                "run": before + 1,
                "started": now(),
                "finished": "",
                "tool": msgspec.json.encode(tool).decode(),
                "options": json.dumps(options, sort_keys=True),
                "digest": digest,
                "sandbox": sandbox,
            }
            connection.execute(sql.delete(campaign))
            connection.execute(sql.insert(campaign), [values])
        return before + 1

    def finish(self) -> None:
        """The run has come to its end."""
        with self._writing() as connection:
            connection.execute(sql.update(campaign).values(finished=now()))

    def campaign(self) -> document.Campaign:
        """The run, without its repositories. Raises Unusable where none was begun."""
        with self._reading() as connection:
            row = connection.execute(sql.select(campaign)).mappings().first()
            if row is None:
                raise Unusable(f"{self.path} holds no bulk run yet")
            total = connection.execute(
                sql.select(sql.func.count()).where(repository.c.run == row["run"])
            ).scalar()
        return document.Campaign(
            schema_version=document.SCHEMA_VERSION,
            tool=msgspec.json.decode(row["tool"], type=document.Tool),
            started=row["started"],
            finished=row["finished"] or None,
            options=json.loads(row["options"]),
            sandbox=bool(row["sandbox"]),
            total=total or 0,
            repositories=[],
        )

    # ------------------------------------------------------------------------------ sources

    def name(
        self, run: int, found: Iterable[tuple[Source, Peek]], digest: str, retry: bool
    ) -> None:
        """Note the repositories that this run is about, a batch in a transaction.

        One that was done under the same digest, at the commit that is there now, stays done; with
        `retry` not where it crashed, timed out or was refused.
        """
        batch: list[tuple[int, Source, Peek]] = []
        for position, (source, peek) in enumerate(found):
            batch.append((position, source, peek))
            if len(batch) == 500:
                self._name(run, batch, digest, retry)
                batch.clear()
        self._name(run, batch, digest, retry)

    def _name(
        self, run: int, batch: Sequence[tuple[int, Source, Peek]], digest: str, retry: bool
    ) -> None:
        with self._writing() as connection:
            for position, source, peek in batch:
                known = connection.execute(
                    sql.select(
                        repository.c.key,
                        repository.c.run,
                        repository.c.state,
                        repository.c.digest,
                        repository.c.commit,
                        repository.c.verdict,
                    ).where(
                        repository.c.location == source.location,
                        repository.c.pin == (source.pin or ""),
                    )
                ).first()
                if known is None:
                    connection.execute(
                        sql.insert(repository), [_new(connection, run, position, source, peek)]
                    )
                elif known.run != run:  # a source that is named twice is one
                    values: dict[str, Any] = {"run": run, "position": position}
                    again = retry and known.verdict in ("crashed", "timed-out", "refused")
                    moved = not source.is_url and peek.commit not in (None, known.commit)
                    if known.state == DONE and (known.digest != digest or moved or again):
                        values |= {"state": WAITING, "tries": 0, "completed": 0}
                    connection.execute(
                        sql.update(repository).where(repository.c.key == known.key).values(**values)
                    )

    # -------------------------------------------------------------------------------- work

    def waiting(self, run: int, count: int) -> list[Row]:
        """The next repositories that are to be done, which are in flight from now on."""
        if count <= 0:
            return []
        with self._writing() as connection:
            found = connection.execute(
                sql.select(repository)
                .where(repository.c.state == WAITING, repository.c.run == run)
                .order_by(repository.c.position)
                .limit(count)
            ).all()
            if found:
                connection.execute(
                    sql.update(repository)
                    .where(repository.c.key.in_([row.key for row in found]))
                    .values(state=IN_FLIGHT)
                )
        return [
            Row(
                key=row.key,
                name=row.name,
                slug=row.slug,
                source=row.source,
                location=row.location,
                is_url=bool(row.is_url),
                pin=row.pin or None,
                why_not=row.why_not,
                tries=row.tries,
            )
            for row in found
        ]

    def settle(self, done: Sequence[Done], lost: Sequence[Lost], digest: str) -> None:
        """Keep what came back, all of it or nothing."""
        if not (done or lost):
            return
        with self._writing() as connection:
            for each in done:
                _keep(connection, each, digest)
            for gone in lost:
                connection.execute(
                    sql.insert(loss),
                    [{"repository": gone.key, "when": now(), "reason": gone.reason}],
                )
                connection.execute(
                    sql.update(repository)
                    .where(repository.c.key == gone.key)
                    .values(state=WAITING, tries=repository.c.tries + 1)
                )

    # -------------------------------------------------------------------------------- asking

    def counts(self) -> dict[str, int]:
        """How many repositories of the run have each verdict; "" for those not done."""
        told = sql.case((repository.c.state == DONE, repository.c.verdict), else_="")
        with self._reading() as connection:
            return dict(
                connection.execute(
                    sql.select(told, sql.func.count()).where(_of_this_run()).group_by(told)
                ).all()
            )

    def errors(self) -> list[tuple[str, str, int, str]]:
        """Verdict, blanked error, how many repositories, the first one's name: by verdict, and
        the most frequent first."""
        many = sql.func.count()
        with self._reading() as connection:
            rows = connection.execute(
                sql.select(
                    repository.c.verdict,
                    repository.c.error,
                    many,
                    sql.func.min(repository.c.name),
                )
                .where(_of_this_run(), repository.c.state == DONE)
                .group_by(repository.c.verdict, repository.c.error)
                .order_by(repository.c.verdict, many.desc(), repository.c.error)
            ).all()
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def in_flight(self) -> list[str]:
        """Names of the repositories that are being done, or are about to be."""
        with self._reading() as connection:
            return list(
                connection.execute(
                    sql.select(repository.c.name)
                    .where(_of_this_run(), repository.c.state == IN_FLIGHT)
                    .order_by(repository.c.position)
                ).scalars()
            )

    def repositories(self) -> Iterator[document.Repository]:
        """All results, in the order of the sources, one at a time."""
        for data in self.documents():
            yield msgspec.json.decode(data, type=document.Repository)

    def documents(self) -> Iterator[bytes]:
        """The same as JSON."""
        with self._reading() as connection:
            rows = connection.execution_options(yield_per=50).execute(
                sql.select(repository.c.document)
                .where(_of_this_run(), repository.c.state == DONE)
                .order_by(repository.c.position)
            )
            for row in rows:
                yield zlib.decompress(row.document)


def _add_columns(connection: sql.Connection) -> None:
    """Give the tables of an older version the columns that were added since."""
    inspector = sql.inspect(connection)
    for table in TABLES.sorted_tables:
        known = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                made = sql.schema.CreateColumn(column).compile(dialect=connection.dialect)
                name = connection.dialect.identifier_preparer.format_table(table)
                connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {made}")


def _of_this_run() -> "sql.ColumnElement[bool]":
    return repository.c.run == sql.select(campaign.c.run).scalar_subquery()


def _new(
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


def _keep(connection: sql.Connection, done: Done, digest: str) -> None:
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
            tries=made.tries,
            commit=made.commit,
            verdict=made.verdict,
            message=made.message,
            error=made.error,
            patch=made.patch,
            branch=made.branch,
            written=made.written,
            seconds=made.seconds,
            peak_memory=made.peak_memory,
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
    "kind",
    "stage",
    "message",
    "path",
    "line",
    "function",
    "code",
    "model",
    "outside",
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


# -------------------------------------------------------------------------------------- SQLite


def _engine(path: Path, read_only: bool) -> sql.Engine:
    def connect() -> sqlite3.Connection:
        mode = "ro" if read_only else "rwc"
        made = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=30,
            check_same_thread=False,
        )
        if not read_only:
            made.execute("PRAGMA journal_mode = WAL")
            # A commit is on disk when it returns: the machine may go at any moment.
            made.execute("PRAGMA synchronous = FULL")
        return made

    return sql.create_engine("sqlite://", creator=connect, poolclass=sql.pool.StaticPool)


def _refuse_unusable(path: Path) -> None:
    """Raise Unusable for a database of a newer version, Damaged for what is none."""
    if not path.exists():
        return
    if path.stat().st_size == 0:
        if any((path.parent / "patches").glob("*.patch")):
            raise _damaged(path, "it is empty, though there are patches")
        return  # killed before anything was written
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise Unusable(
                    f"{path} is of a newer version of torchscript-fix ({version}, this one knows "
                    f"{VERSION}): use that one, or give another folder"
                )
    except sqlite3.DatabaseError as error:
        raise _told(path, error) from error


def _refuse_broken(path: Path) -> None:
    """Raise Damaged for a database that lacks a part; takes seconds where it has gigabytes."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reading:
            (sound,) = reading.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise _told(path, error) from error
    if sound != "ok":
        raise _damaged(path, sound.partition("\n")[0])


def _damaged(path: Path, why: object) -> Damaged:
    return Damaged(
        f"{path} is damaged ({why}), and is left as it is: --set-aside keeps it under another name "
        "and begins anew"
    )


def _told(path: Path, error: BaseException | None) -> Exception:
    """What an error of SQLite means."""
    words = str(error)
    if "full" in words or "disk I/O" in words:
        return DiskFull(f"{path} cannot be written: {words}")
    if "locked" in words:
        return Unusable(f"{path} is in use by another program ({words}): try again")
    if "malformed" in words or "not a database" in words:
        return _damaged(path, words)
    return Unusable(f"{path} cannot be used: {words}")


def set_aside(folder: Path) -> Path | None:
    """Keep a state, and what belongs to it, under another name; the name, if there was one."""
    path = folder / NAME
    if not path.exists():
        return None
    number = 1
    while (kept := folder / f"{NAME}.damaged-{number}").exists():
        number += 1
    path.rename(kept)
    for suffix in ("-wal", "-shm"):
        beside = Path(f"{path}{suffix}")
        if beside.exists():
            beside.rename(f"{kept}{suffix}")
    return kept
