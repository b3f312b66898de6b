"""What a bulk run knows, in `state.sqlite`: documented tables that any SQLite tool can read.

A repository is done when its row says so; the row and all that belongs to it are committed at once.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sql
from sqlalchemy.exc import DBAPIError

from torchscript_fix.bulk.database import (
    Unusable,
    add_columns,
    engine,
    refuse_broken,
    refuse_unusable,
    told,
)
from torchscript_fix.bulk.rows import Done, keep, new_row, now
from torchscript_fix.bulk.sources import Peek, Source
from torchscript_fix.bulk.tables import (
    DONE,
    IN_FLIGHT,
    NAME,
    TABLES,
    VERSION,
    WAITING,
    about,
    campaign,
    described,
    loss,
    repository,
)
from torchscript_fix.report import document


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
class Lost:
    """A repository whose worker was lost."""

    key: int
    reason: str


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
        refuse_unusable(path)
        refuse_broken(path)
        state = cls(path, engine(path, read_only=False))
        with state._writing() as connection:
            TABLES.create_all(connection)
            add_columns(connection)
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
        refuse_unusable(path)
        return cls(path, engine(path, read_only=True))

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

    def _writing(self) -> AbstractContextManager[sql.Connection]:
        return self._connected(self._engine.begin)

    def _reading(self) -> AbstractContextManager[sql.Connection]:
        return self._connected(self._engine.connect)

    @contextmanager
    def _connected(
        self, connect: Callable[[], AbstractContextManager[sql.Connection]]
    ) -> Iterator[sql.Connection]:
        try:
            with connect() as connection:
                yield connection
        except DBAPIError as error:
            raise told(self.path, error.orig) from error

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
                        sql.insert(repository), [new_row(connection, run, position, source, peek)]
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
                keep(connection, each, digest)
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


def _of_this_run() -> "sql.ColumnElement[bool]":
    return repository.c.run == sql.select(campaign.c.run).scalar_subquery()
