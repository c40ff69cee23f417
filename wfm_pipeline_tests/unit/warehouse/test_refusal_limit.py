"""A run stops when more rows are refused than the limit allows; what the site excludes does not count."""

import pytest

from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.silver.rows import SilverCounts, refuse_too_many


def test_more_refusals_than_the_limit_stop_the_run_with_the_rules_named():
    with pytest.raises(DataError, match=r"11 of 100 rows.*undated"):
        refuse_too_many(SilverCounts(100, 89, 11, 0, {"undated": 11}), highest_share=0.1)


@pytest.mark.parametrize(
    "findings",
    [pytest.param({"undated": 10}, id="at_the_limit"), pytest.param({"excluded_phantom": 90}, id="excluded")],
)
def test_refusals_up_to_the_limit_and_exclusions_do_not(findings):
    refused = sum(findings.values())

    refuse_too_many(SilverCounts(100, 100 - refused, refused, 0, findings), highest_share=0.1)


def test_rows_that_are_excluded_are_no_faults():
    # 5 refused, 2 of them because the map says so.
    assert 3 == SilverCounts(10, 5, 5, 0, {"undated": 3, "excluded_queue": 2}).rows_faulty
