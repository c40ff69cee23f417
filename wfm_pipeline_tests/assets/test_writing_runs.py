"""Runs that write hold the warehouse for themselves, from their first step to their last."""

import dagster as dg
import pytest

from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.house_of_run import house_of_run
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.warehouse.ops.writing import current_writer
from wfm_pipeline_tests.engines.test_writer_lock import other_writer
from wfm_pipeline_tests.house_kit import do


def writer(house):
    with house.open_ops() as store:
        return current_writer(store)


def test_a_run_holds_the_writer_lock_in_every_step_and_gives_it_back(house):
    seen = []

    @dg.asset
    def first(house: dg.ResourceParam):
        seen.append(writer(house))

    @dg.asset(deps=[first])
    def second(house: dg.ResourceParam):
        seen.append(writer(house))
        raise ValueError

    definitions = dg.Definitions(
        [first, second],
        jobs=[dg.define_asset_job("both")],
        resources={"house": house_of_run(house)},
        executor=dg.in_process_executor,
    )
    result = definitions.resolve_job_def("both").execute_in_process(raise_on_error=False)

    assert not result.success
    assert [("job both", result.run_id)] * 2 == [(lease.owner, lease.run_id) for lease in seen]
    assert seen[0].since == seen[1].since
    assert writer(house) is None


def test_every_asset_and_check_gets_the_house_through_the_lock(house):
    definitions = build_definitions(house.settings)
    ops = [op for node in definitions.resolve_all_job_defs() for op in node.all_node_defs]

    assert {"house"} == {name for op in ops for name in getattr(op, "required_resource_keys", set())}
    assert isinstance(definitions.resources["house"], dg.ResourceDefinition)


def test_a_run_that_may_not_wait_stops_with_who_is_writing_and_writes_nothing(house):
    hasty = type(house)(house.settings.model_copy(update={"writer_wait_seconds": 0}))
    definitions = build_definitions(hasty.settings, is_partitioned=False)
    stale = find_stale_dates(hasty)
    other = other_writer(hasty)
    try:
        with pytest.raises(WarehouseError, match=r"being written by wfm run \(host"):
            do(hasty, JobRequest(REFRESH, stale.dates))
        launched = definitions.resolve_job_def(REFRESH).execute_in_process(raise_on_error=False)
    finally:
        other.communicate()

    assert not launched.success
    assert [] == launched.get_asset_materialization_events()
    with house.open_warehouse() as warehouse:
        assert not any(warehouse.has(house.source_map.bronze_name(table)) for table in house.source_map.tables)


def test_looking_takes_no_lock(house):
    other = other_writer(house)
    try:
        with dg.build_resources({"house": house_of_run(house)}) as resources:
            assert house == resources.house
    finally:
        other.communicate()
