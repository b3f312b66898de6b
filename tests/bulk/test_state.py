"""What is kept of a repository can be asked of the tables."""

from contextlib import closing
from pathlib import Path

import sqlalchemy as sql

from tests.report import pages
from torchscript_fix.bulk import tables
from torchscript_fix.bulk.rows import Done
from torchscript_fix.bulk.state import State
from torchscript_fix.bulk.tables import diagnosis


def test_diagnoses_are_rows_of_their_own(tmp_path: Path) -> None:
    case = pages.case(
        "net:Net()",
        verdict="still-failing",
        diagnoses=[pages.diagnosis(), pages.diagnosis(kind="varargs", path=None, line=0)],
        before_diagnoses=[pages.diagnosis(kind="lambda-def")],
    )
    made = pages.repository("one", run=pages.run(cases=[case]))
    with closing(State.open(tmp_path)) as state:
        for _ in range(2):  # the second time it takes the place of the first
            state.settle([Done(1, made)], [], "digest")
        columns = diagnosis.c
        asked = sql.select(columns.when, columns.kind, columns.path, columns.line, columns.code)
        with state._reading() as connection:
            rows = [tuple(row) for row in connection.execute(asked)]
    assert rows == [
        ("before", "lambda-def", "net.py", 12, "*sizes"),
        ("last", "list-size", "net.py", 12, "*sizes"),
        ("last", "varargs", None, 0, "*sizes"),
    ]


def test_a_state_of_before_a_column_was_added_is_gone_on_with(tmp_path: Path) -> None:
    with closing(State.open(tmp_path)) as state, state._writing() as connection:
        for column in ("model", "parameters", "whole"):
            connection.exec_driver_sql(f'ALTER TABLE "case" DROP COLUMN {column}')
    made = pages.repository("one", run=pages.run(cases=[pages.case("n", model="net.Net")]))
    with closing(State.open(tmp_path)) as state:
        state.settle([Done(1, made)], [], "digest")
        with state._reading() as connection:
            assert list(connection.execute(sql.select(tables.case.c.model)).scalars()) == [
                "net.Net"
            ]
