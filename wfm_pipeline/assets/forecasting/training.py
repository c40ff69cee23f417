"""Asset of the training groups that are handed out: one partition per group, trained wherever its run goes.

It reads requests from the training shelf and puts forecasts there. It opens neither source nor warehouse, and takes the
house as it is and not as the warehouse's writer: any number of groups are trained at once, on any number of machines
that see the shelf's folder. Not here: dealing and handing out (by_groups.py), and issuing (forecast.py).
"""

import dagster as dg

from wfm_pipeline.asset_keys import TRAINING_GROUP, TRAINING_KEY, TRAINING_PARTITIONS
from wfm_pipeline.assets.declaring import declared
from wfm_pipeline.assets.forecasting.by_groups import failure_words, train
from wfm_pipeline.assets.forecasting.forecast import READS
from wfm_pipeline.assets.step import Stopwatch, materialized
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.models.training_shelf import HandedOut, TrainingShelf

_LAYER = "models"


def build_training_assets(house: House) -> list[dg.AssetsDefinition]:
    """The models of training groups; made only where several groups are handed out.

    Args:
        house: Says where the shelf is; nothing is opened.
    """
    words = declared(
        TRAINING_KEY,
        description="One row per training group and first target day: the forecast of its queues, with its model.",
        layer=_LAYER,
        made_in=__name__,
        reads=READS,
        group=TRAINING_GROUP,
        kinds=("lightgbm",),
    )

    @dg.asset(**words, partitions_def=TRAINING_PARTITIONS)
    def training_group(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        shelf, name, watch = house.training_shelf, context.partition_key, Stopwatch()
        asked = [one for one in shelf.handed_out() if one.group == name and not one.has_forecast]
        failed = [why for why in (_train(context, shelf, one) for one in asked) if why]
        if failed:
            raise DataError(f"training group {name}: {'; '.join(failed)}")
        trained = {one.origin.isoformat(): len(one.card["queue_ids"]) for one in asked}
        return materialized(context, metadata={"queues_by_first_day": trained, "seconds": watch.seconds()})

    return [training_group]


def _train(context: dg.AssetExecutionContext, shelf: TrainingShelf, asked: HandedOut) -> str:
    """Train one request; gives why it could not be, which is noted beside it."""
    context.log.info(f"group {asked.group}, from {asked.origin} on: {len(asked.card['queue_ids'])} queues")
    try:
        train(shelf, asked.group, shelf.request_of(asked.origin, asked.group), asked.card)
    except Exception as error:
        context.log.exception(f"group {asked.group}, from {asked.origin} on, was not trained")
        why = failure_words(error)
        shelf.note_failure(asked.origin, asked.group, why, asked.card)
        return f"{asked.origin}: {why}"
    return ""
