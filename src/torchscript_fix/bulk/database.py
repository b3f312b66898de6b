"""The one file of a bulk run's state, as SQLite has it: opened, refused where it cannot be gone on
with, set aside, and what its errors mean."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from torchscript_fix.bulk.tables import NAME, TABLES, VERSION


class Unusable(Exception):
    """A state that cannot be gone on with: what is wrong and what to do, in one line."""


class DiskFull(Exception):
    """Nothing can be written any more."""


class Damaged(Unusable):
    """A file that is no SQLite database, or a broken one."""


def engine(path: Path, read_only: bool) -> sql.Engine:
    def connect() -> sqlite3.Connection:
        mode = "ro" if read_only else "rwc"
        made = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=30, check_same_thread=False
        )
        if not read_only:
            made.execute("PRAGMA journal_mode = WAL")
            # A commit is on disk when it returns: the machine may go at any moment.
            made.execute("PRAGMA synchronous = FULL")
        return made

    return sql.create_engine("sqlite://", creator=connect, poolclass=sql.pool.StaticPool)


def refuse_unusable(path: Path) -> None:
    """Raise Unusable for a database of a newer version, Damaged for what is none."""
    if not path.exists():
        return
    if path.stat().st_size == 0:
        if any((path.parent / "patches").glob("*.patch")):
            raise _damaged(path, "it is empty, though there are patches")
        return  # killed before anything was written
    version = _asked(path, "user_version")
    if version > VERSION:
        raise Unusable(
            f"{path} is of a newer version of torchscript-fix ({version}, this one knows "
            f"{VERSION}): use that one, or give another folder"
        )


def refuse_broken(path: Path) -> None:
    """Raise Damaged for a database that lacks a part; takes seconds where it has gigabytes."""
    if not path.exists():
        return
    sound = _asked(path, "quick_check(1)")
    if sound != "ok":
        raise _damaged(path, sound.partition("\n")[0])


def _asked(path: Path, pragma: str) -> Any:
    """What SQLite answers to a PRAGMA."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reading:
            return reading.execute(f"PRAGMA {pragma}").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise told(path, error) from error


def _damaged(path: Path, why: object) -> Damaged:
    return Damaged(
        f"{path} is damaged ({why}), and is left as it is: --set-aside keeps it under another name "
        "and begins anew"
    )


def told(path: Path, error: BaseException | None) -> Exception:
    """What an error of SQLite means."""
    words = str(error)
    if "full" in words or "disk I/O" in words:
        return DiskFull(f"{path} cannot be written: {words}")
    if "locked" in words:
        return Unusable(f"{path} is in use by another program ({words}): try again")
    if "malformed" in words or "not a database" in words:
        return _damaged(path, words)
    return Unusable(f"{path} cannot be used: {words}")


def add_columns(connection: sql.Connection) -> None:
    """Give the tables of an older version the columns that were added since."""
    inspector = sql.inspect(connection)
    for table in TABLES.sorted_tables:
        known = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                made = sql.schema.CreateColumn(column).compile(dialect=connection.dialect)
                name = connection.dialect.identifier_preparer.format_table(table)
                connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {made}")


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
