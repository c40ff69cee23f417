"""The house as a run's resource: whoever gets it is the warehouse's only writer until the run ends.

Dagster makes resources once per run (in-process executor) and tears them down at its end, also when it
fails or is stopped. So no asset can reach the warehouse without the lock, and none has to think of it.
"""

from collections.abc import Iterator

import dagster as dg

from wfm_pipeline.orchestration.runs.dead_runs import here
from wfm_pipeline.resources import House


def house_of_run(house: House) -> dg.ResourceDefinition:
    """The resource `house` that assets and checks take as `dg.ResourceParam[House]`.

    Outside a run (a sensor that asks for it) it locks nothing: sensors look and do not write.
    """

    @dg.resource(description="Settings, source and warehouse; a run that has it is the only one that writes.")
    def locked_house(context: dg.InitResourceContext) -> Iterator[House]:
        run = context.run
        if run is None:
            yield house
            return
        assert context.log is not None  # a run always has one
        with house.writing(owner=f"job {run.job_name}", run_id=run.run_id, say=context.log.info):
            assert context.instance is not None  # a run always has one
            context.instance.add_run_tags(run.run_id, here())  # so that it can be told dead if it is killed
            yield house

    return locked_house
