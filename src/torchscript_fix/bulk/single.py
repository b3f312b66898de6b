"""One run told as a bulk run of one, for the page of `torchscript-fix PATH --format html`."""

from datetime import datetime, timezone
from pathlib import PurePath

from torchscript_fix.bulk.verdicts import standing_of
from torchscript_fix.report import document


def campaign_of(run: document.Run) -> document.Campaign:
    """The run as the only repository of a campaign that ends now."""
    standing = standing_of(run)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    repository = document.Repository(
        name=PurePath(run.root).name or run.root,
        source=run.root,
        commit=None,
        verdict=standing.verdict,
        message=standing.message,
        error=standing.error,
        patch=None,
        branch=None,
        written=run.deed == "written",
        seconds=sum(sum(case.seconds.values()) for case in run.cases),
        peak_memory=0,
        tries=1,
        run=run,
    )
    return document.Campaign(
        schema_version=document.SCHEMA_VERSION,
        tool=run.tool,
        started=now,
        finished=now,
        options={},
        sandbox=True,  # Where it is not, one of the run's notes says so.
        total=1,
        repositories=[repository],
    )
