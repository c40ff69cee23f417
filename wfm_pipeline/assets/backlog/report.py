"""The last step of the hourly backlog: the report is sent once readers have the hour.

It stands on the readers' copy, for that is what a report is made of. A fault of sending is said and fails nothing. Not here: what a
report says, and to whom it goes (monitoring/backlog).
"""

import dagster as dg

from wfm_pipeline.asset_keys import (
    BACKLOG_GROUP,
    BACKLOG_REPORT_KEY,
    HOUR,
    PARTITIONS_TAG,
    PUBLICATION_KEY,
    READERS,
    key_of,
)
from wfm_pipeline.assets.backlog.stretch import stretch_of
from wfm_pipeline.assets.declaring import declared, partitioned
from wfm_pipeline.assets.step import materialized
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR
from wfm_pipeline.monitoring.backlog.report import send_report
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.writing import utc_now


def build_backlog_report(partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """The report of the newest hour of a run; by hour where `partitions` is given."""
    words = declared(
        BACKLOG_REPORT_KEY,
        description="One row per hour: the report of the backlog as readers have it, and what became of it.",
        layer=READERS,
        made_in=__name__,
        reads=[PUBLICATION_KEY, key_of(BACKLOG_HOUR)],
        group=BACKLOG_GROUP,
        kinds=("python",),
        tags={PARTITIONS_TAG: HOUR},
    )

    @dg.asset(**words, **partitioned(partitions))
    def backlog_report(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        end = stretch_of(context, house.site, utc_now()).end
        sent = send_report(house, end.to_pydatetime())
        context.log.info(f"report of the hour that ended {end} UTC: {sent.words}")
        return materialized(context, metadata={"report": sent.status, "words": sent.words})

    return [backlog_report]
