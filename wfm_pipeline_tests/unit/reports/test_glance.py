"""Small pictures: short enough for the UI to open them by itself, to scale, gaps left open."""

import base64
import math
import re
from xml.etree import ElementTree as ET

import pytest

from wfm_pipeline.reports.figures.glance import MOST_CHARACTERS, Line, glance

GREY = "#555555"


def svg(markdown):
    (content,) = re.findall(r"base64,([\w+/=]+)\)", markdown)
    return ET.fromstring(base64.b64decode(content))


def paths(markdown):
    return [path.get("d") for path in svg(markdown) if path.get("stroke") == GREY]


@pytest.mark.parametrize("points", [1, 2, 42, 500, 5_000])
def test_a_picture_is_short_enough_to_be_opened_by_itself(points):
    values = [1_000 + 900 * math.sin(place) for place in range(points)]

    markdown = glance([Line(values, GREY), Line(values[::-1], "#1f6fb4")], words="Calls per day, " * 8)

    assert len(markdown) <= MOST_CHARACTERS < 1_000
    assert len(paths(markdown)) == 1


def test_a_line_goes_from_the_floor_to_the_top_which_is_named():
    markdown = glance([Line([0.0, 50.0, 1_234.0], GREY)], words="w")

    assert ["M0 90l180-3l180-77"] == paths(markdown)
    assert "1,234" in [element.text for element in svg(markdown)]


def test_a_gap_stays_open():
    assert ["M0 10l120 0M360 10"] == paths(glance([Line([5.0, 5.0, math.nan, 5.0], GREY)], words="w"))


@pytest.mark.parametrize("values", [[], [math.nan, math.nan], [0.0, 0.0]])
def test_where_there_is_nothing_to_draw_the_words_stay(values):
    assert "no calls yet" == glance([Line(values, GREY)], words="no calls yet")
