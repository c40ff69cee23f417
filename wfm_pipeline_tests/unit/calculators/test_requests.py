"""A calculator is asked with names and answers with names, and speaks to nobody while it works."""

import dataclasses
import importlib
import pkgutil

import pytest

from wfm_pipeline import calculators
from wfm_pipeline.calculators.staffing import StaffingRequest, staff_row

MODULES = [
    importlib.import_module(f"{calculators.__name__}.{found.name}")
    for found in pkgutil.iter_modules(calculators.__path__)
]
REQUESTS = [
    kind
    for module in MODULES
    for name, kind in vars(module).items()
    if name.endswith(("Request", "Answer")) and kind.__module__ == module.__name__
]


def test_every_calculator_has_a_request():
    assert {module.__name__ for module in MODULES} == {
        kind.__module__ for kind in REQUESTS if kind.__name__.endswith("Request")
    }


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_requests_and_answers_are_frozen_and_requests_have_names_only(kind):
    assert kind.__dataclass_params__.frozen
    if kind.__name__.endswith("Request"):
        assert all(field.kw_only for field in dataclasses.fields(kind))
    for field in dataclasses.fields(kind):
        assert field.name in kind.__doc__, f"{kind.__name__} does not say what {field.name} is"


def test_a_row_of_words_is_answered_without_a_sound(capsys):
    request = StaffingRequest(
        calls=180, interval_seconds=1800, aht_seconds=240, answer_target_seconds=20, service_level_target=0.8
    )

    answer = staff_row(request)

    assert ("", "") == tuple(capsys.readouterr())
    assert 0.8 <= answer.rows["service_level"].iloc[0]
    assert not request.is_empty
    assert StaffingRequest().is_empty
