"""Weeks assigned in a warehouse, for tests: making them, changing what they are made from, looking at them."""

from wfm_pipeline.calculators.allocation import weeks_between
from wfm_pipeline.orchestration.runs.side_jobs import weeks_request
from wfm_pipeline_tests.house_kit import do


def plan(house, first, last=None, *, reason=""):
    """The allocation of a stretch of weeks as `wfm allocate --from --to` makes it."""
    return do(house, weeks_request(weeks_between(first, last or first), reason=reason))


def ask(house, query):
    """Rows of a query on the warehouse."""
    with house.open_warehouse() as warehouse:
        return warehouse.con.raw_sql(query).fetchall()


def change(house, statement):
    """A statement of SQL on the warehouse."""
    with house.open_warehouse() as warehouse:
        warehouse.execute(statement)


def edit(path, old, new):
    """Write something else in a planners' file, once."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
