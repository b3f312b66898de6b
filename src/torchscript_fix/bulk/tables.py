"""The tables of `state.sqlite`, each of their columns with its meaning.

The table `about` says the same inside of the database, for whoever opens it with another tool.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sql

NAME = "state.sqlite"
VERSION = 1
"""`PRAGMA user_version`; counted up where a table or column changes its meaning or goes."""

WAITING, IN_FLIGHT, DONE = "waiting", "in flight", "done"

TABLES = sql.MetaData()


def _column(name: str, kind: Any, meaning: str, **settings: Any) -> "sql.Column[Any]":
    return sql.Column(name, kind, comment=meaning, **settings)


def _of_repository() -> "sql.Column[Any]":
    return _column(
        "repository",
        sql.Integer,
        "repository.key",
        nullable=False,
        index=True,
    )


campaign = sql.Table(
    "campaign",
    TABLES,
    _column("key", sql.Integer, "Always 1.", primary_key=True),
    _column("run", sql.Integer, "How often the command was started on this folder."),
    _column("started", sql.Text, "When it was started last: ISO 8601, UTC."),
    _column("finished", sql.Text, "When it ended; empty while it is under way or was killed."),
    _column("tool", sql.Text, "JSON: versions of the program, torch, LibCST, Python."),
    _column("options", sql.Text, "JSON: the options that decide results."),
    _column("digest", sql.Text, "Of versions and options: what was done under another is redone."),
    _column("sandbox", sql.Boolean, "0 with --sandbox off."),
    comment="The bulk run: one row.",
)
repository = sql.Table(
    "repository",
    TABLES,
    _column("key", sql.Integer, "What other tables name it by.", primary_key=True),
    _column("run", sql.Integer, "The last start whose sources name it (campaign.run)."),
    _column("position", sql.Integer, "Its place in the order of the sources."),
    _column("name", sql.Text, "owner/name where its origin tells it; unique.", unique=True),
    _column("base_name", sql.Text, "The name before a number made it unique."),
    _column("slug", sql.Text, "The name of its files: patches/SLUG.patch.", unique=True),
    _column("source", sql.Text, "Path or URL, for people: no passwords in it."),
    _column("location", sql.LargeBinary, "Path or URL, as bytes."),
    _column("is_url", sql.Boolean, "1 for a URL."),
    _column("pin", sql.Text, "The commit that was asked for; empty for HEAD.", nullable=False),
    _column("why_not", sql.Text, "What is wrong with the source as it was given; mostly empty."),
    _column("state", sql.Text, f"{WAITING}, {IN_FLIGHT} or {DONE}."),
    _column("tries", sql.Integer, "How often it was begun and came to an end, a loss included."),
    _column("completed", sql.Integer, "How often it was done, results counted."),
    _column("digest", sql.Text, "campaign.digest of the run that it was done by."),
    _column("commit", sql.Text, "The commit that was looked at.", quote=True),
    _column("verdict", sql.Text, "See RepositoryVerdict in `torchscript-fix schema`."),
    _column("message", sql.Text, "Why."),
    _column("error", sql.Text, "message with names and numbers blanked: equal for equal."),
    _column("patch", sql.Text, "File of the patch, relative to the folder."),
    _column("branch", sql.Text, "The branch that was made."),
    _column("written", sql.Boolean, "Whether the clone was rewritten in place."),
    _column("seconds", sql.Float, "From its start to its answer."),
    _column("peak_memory", sql.Integer, "Bytes."),
    _column("finished", sql.Text, "When its row was committed: ISO 8601, UTC."),
    _column("cases", sql.Integer, "How many cases it has."),
    _column("rewrites", sql.Integer, "How many rewrites were made."),
    _column("document", sql.LargeBinary, "All that is known of it: zlib of JSON (Repository)."),
    sql.Index("repository_by_location", "location", "pin", unique=True),
    sql.Index("repository_by_state", "state", "run", "position"),
    sql.Index("repository_by_verdict", "verdict", "error"),
    sql.Index("repository_by_base_name", "base_name"),
    sql.Index("repository_by_slug", sql.text("lower(slug)")),
    comment="One row for each repository that was ever named for this folder.",
)
case = sql.Table(
    "case",
    TABLES,
    _of_repository(),
    _column("name", sql.Text, "The case's name."),
    _column("found", sql.Text, "declared, written, recorded or deduced."),
    _column("how", sql.Text, "How it was recorded or deduced."),
    _column("runs", sql.Boolean, "0 where the model is only built and compiled."),
    _column("verdict", sql.Text, "See VerdictName in `torchscript-fix schema`."),
    _column("before", sql.Text, "The verdict of the code as it was.", quote=True),
    _column("message", sql.Text, "The compiler's or Python's words."),
    _column("error", sql.Text, "Its first line with names and numbers blanked."),
    _column("path", sql.Text, "File that the message points to."),
    _column("line", sql.Integer, "Line that the message points to."),
    _column("seconds", sql.Float, "All its stages together."),
    _column("stages", sql.Text, "JSON: seconds of each stage."),
    _column("model", sql.Text, "Qualified class of what was built; empty where nothing was."),
    _column("parameters", sql.Integer, "Elements of its parameters, all together."),
    _column("whole", sql.Boolean, "1 for a whole network, 0 for a part, a loss, or nothing."),
    comment="One row for each case: a model and one call of it.",
    quote=True,
)
diagnosis = sql.Table(
    "diagnosis",
    TABLES,
    _of_repository(),
    _column("case", sql.Text, "case.name.", quote=True),
    _column("when", sql.Text, "before: of the code as it was; last: what is left.", quote=True),
    _column("kind", sql.Text, "What `torchscript-fix explain` calls it.", index=True),
    _column("stage", sql.Text, "compile, run, save or load."),
    _column("message", sql.Text, "The literal words."),
    _column("path", sql.Text, "The user's file; empty where no place is shown."),
    _column("line", sql.Integer, "1-based, in the file as it was."),
    _column("function", sql.Text, "Qualified name of the function, or of the class."),
    _column("code", sql.Text, "What is meant there."),
    _column("model", sql.Text, "Class of the module that was being compiled."),
    _column("outside", sql.Text, "Package, version, file and line, if not in the user's files."),
    comment="One row for each thing that TorchScript complained of in a case.",
)
rewrite = sql.Table(
    "rewrite",
    TABLES,
    _of_repository(),
    _column("rule", sql.Text, "The rule."),
    _column("path", sql.Text, "The file."),
    _column("line", sql.Integer, "1-based, in the file as it was."),
    _column("function", sql.Text, "Qualified name of the function or class."),
    _column("summary", sql.Text, "What now stands there."),
    _column("safety", sql.Text, "safe, narrowing or changes-checkpoints."),
    _column("standing", sql.Text, "verified, partial or unverified."),
    comment="One row for each rewrite in the result.",
)
left = sql.Table(
    "left_alone",
    TABLES,
    _of_repository(),
    _column("kind", sql.Text, "held-back, taken-back or problem."),
    _column("rule", sql.Text, "The rule; empty for a problem with a file."),
    _column("path", sql.Text, "The file."),
    _column("line", sql.Integer, "1-based."),
    _column("function", sql.Text, "Qualified name; empty for a problem."),
    _column("reason", sql.Text, "Why."),
    _column("error", sql.Text, "reason with names and numbers blanked."),
    _column("advice", sql.Text, "What would decide it, or mend it."),
    comment="One row for each place that was recognised and is as it was.",
)
loss = sql.Table(
    "loss",
    TABLES,
    _of_repository(),
    _column("when", sql.Text, "ISO 8601, UTC.", quote=True),
    _column("reason", sql.Text, "How its process, or the worker that had it, came to its end."),
    comment="One row for each time that a repository was begun and its worker was lost.",
)
about = sql.Table(
    "about",
    TABLES,
    _column("table", sql.Text, "A table.", quote=True),
    _column("column", sql.Text, "A column of it; empty for the table itself.", quote=True),
    _column("meaning", sql.Text, "What it holds."),
    comment="What the tables and columns are.",
)
OF_RESULT = (case, diagnosis, rewrite, left)


def described() -> Iterator[tuple[str, str, str]]:
    """Table, column ("" for the table itself) and meaning of all there is."""
    for table in TABLES.sorted_tables:
        yield table.name, "", table.comment or ""
        for column in table.columns:
            yield table.name, column.name, column.comment or ""
