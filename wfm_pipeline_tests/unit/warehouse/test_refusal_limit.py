"""A run stops when more rows are refused than the limit allows; what the site excludes does not count."""

import pytest

from wfm_pipeline.assets.silver import _refuse_too_many
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.silver.refresh import SilverCounts

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_more_refusals_than_the_limit_stop_the_run_with_the_rules_named():
    house = House(load_settings(rejected_share_limit=0.1))

    with pytest.raises(DataError, match=r"11 of 100 rows.*undated"):
        _refuse_too_many(house, SilverCounts(100, 89, 11, 0, {"undated": 11}))


@pytest.mark.parametrize(
    "findings",
    [pytest.param({"undated": 10}, id="at_the_limit"), pytest.param({"excluded_phantom": 90}, id="excluded")],
)
def test_refusals_up_to_the_limit_and_exclusions_do_not(findings):
    refused = sum(findings.values())

    _refuse_too_many(
        House(load_settings(rejected_share_limit=0.1)), SilverCounts(100, 100 - refused, refused, 0, findings)
    )
