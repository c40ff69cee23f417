"""The backlog's picture, page and mail show what the tables say, and no name of a queue commands a reader of mail."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from wfm_pipeline.reports.backlog.mail import MOST_ROWS, PICTURE, mail_of
from wfm_pipeline.reports.backlog.page import backlog_page
from wfm_pipeline.reports.figures.backlog import backlog_chart, backlog_figure, backlog_glance
from wfm_pipeline.reports.figures.drawing import as_png
from wfm_pipeline.reports.figures.glance import MOST_CHARACTERS
from wfm_pipeline_tests.backlog_view_kit import HOUR, NOON, Queue, desk, many, view_from
from wfm_pipeline_tests.hostile_kit import NAMES

TITLE = "SIMULATED DATA: Backlog"


def drawn(view):
    return backlog_figure(view.trail, view.people, title=TITLE, breach_limit=0.1)


class Reader(HTMLParser):
    """Tags, addresses and texts of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.links, self.texts = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("src", "href") or name.startswith("on")]

    def handle_data(self, data):
        self.texts.append(data)


def parsed(words):
    reader = Reader()
    reader.feed(words)
    return reader


@pytest.fixture(scope="module")
def mail():
    return mail_of(view_from())


def test_bars_add_up_to_the_open_cases_and_the_line_is_what_is_over_due():
    view = view_from()
    ages = drawn(view).axes[0]

    tops = {}
    for bar in ages.patches:
        at = round(bar.get_x() + bar.get_width() / 2)
        tops[at] = tops.get(at, 0) + bar.get_height()
    hours = view.trail.groupby("hour_start")[["open_cases", "over_due"]].sum()
    assert hours["open_cases"].tolist() == [tops[at] for at in sorted(tops)]
    assert hours["over_due"].tolist() == ages.lines[-1].get_ydata().tolist()


def test_an_hour_that_is_missing_leaves_its_place_empty():
    view = view_from()
    trail = view.trail[view.trail["hour_start"] != NOON - 3 * HOUR]

    ages = backlog_figure(trail, view.people, title=TITLE, breach_limit=0.1).axes[0]

    places = {round(bar.get_x() + bar.get_width() / 2) for bar in ages.patches}
    assert {44} == set(range(48)) - places


def test_people_who_are_not_known_are_left_out_and_counted():
    there = drawn(view_from()).axes[1]

    assert "not known of 2 queues, which are left out" == there.get_xlabel()
    assert [6 + 5 + 7.5 + 2] * 3 == [bar.get_height() for bar in there.patches]  # billing, sales, claims, vip
    assert ["-3.5"] * 3 == [text.get_text() for text in there.texts]


def test_the_likeliest_breaches_have_their_numbers_and_unknown_ones_are_counted():
    breaches = drawn(view_from()).axes[2]

    assert ["billing", "claims", "sales", "vip"] == [label.get_text() for label in breaches.get_yticklabels()]
    assert ["71 %", "16 %", "< 1 %", "0 %"] == [text.get_text() for text in breaches.texts]
    assert "not known of 2 queues" in breaches.get_title(loc="left")


def test_shades_of_age_grow_darker_so_that_they_are_read_in_grey():
    colors = [bar.get_facecolor()[:3] for bar in drawn(view_from()).axes[0].patches[::48]]
    light = [np.dot(color, (0.299, 0.587, 0.114)) for color in colors]

    assert 5 == len(light)
    assert min(np.diff(light[::-1])) > 0.1


def test_the_picture_is_as_wide_as_a_mail_and_the_same_each_time():
    view = view_from()

    first, again = (as_png(drawn(view), dpi=100) for _ in range(2))

    assert first == again
    assert 680 == int.from_bytes(first[16:20])
    assert len(first) < 150_000


def test_pictures_of_a_run_are_markdown():
    view = view_from()

    assert backlog_chart(view.trail, view.people, title=TITLE, breach_limit=0.1).startswith(
        f"![{TITLE}](data:image/png"
    )
    assert MOST_CHARACTERS >= len(backlog_glance(view.trail, title=TITLE))


def test_a_picture_without_people_or_probabilities_says_not_known():
    view = view_from(desk([Queue("post room", 3, 3, None, None, None, None)]))

    figure = backlog_figure(view.trail, view.people, title=TITLE, breach_limit=0.1)

    assert ["not known"] == [text.get_text() for text in figure.axes[1].texts]
    assert ["not known"] == [text.get_text() for text in figure.axes[2].texts]


def test_the_subject_tells_the_worst(mail):
    assert (
        "SIMULATED Backlog 15:00: billing 65 over due, breach 71 % by 18:00; 2 more queues; 1 not known" == mail.subject
    )


def test_the_plain_text_stands_alone(mail):
    assert 78 >= max(map(len, mail.text.splitlines()))
    for words in (
        "SIMULATED DATA",
        "WHAT TO DO FIRST",
        "ACT    billing: 65 over due",
        "1  BACKLOG STATUS",
        "3  PERFORMANCE",
    ):
        assert words in mail.text, words
    assert "recall 2 from training 15:00-16:00" in " ".join(mail.text.split())


def test_the_html_names_needs_first_and_shows_the_picture_inside(mail):
    reader = parsed(mail.html)
    words = " ".join(" ".join(reader.texts).split())

    assert [f"cid:{PICTURE}"] == reader.links
    assert (
        words.index("What to do first")
        < words.index("1 Backlog status")
        < words.index("2 Workforce")
        < words.index("3 Perf")
    )
    assert re.search(r"ACT billing : 65 over due, breach 71 % by 18:00", words)
    assert not reader.tags & {"script", "link", "iframe", "form", "style"}


def test_a_mail_of_500_queues_stays_short_enough_to_be_shown_whole():
    mail = mail_of(view_from(desk(many(500), hours=2)))

    assert 100_000 > len(mail.html.encode())  # readers of mail cut what is longer than 102 kB
    assert MOST_ROWS == len(mail.rows)
    assert f"the {MOST_ROWS} worst of 500 queues" in mail.text


def test_hostile_names_stay_words_in_mail_and_page():
    view = view_from(desk([Queue(name, breach=0.5) for name in NAMES], hours=3))
    mail = mail_of(view)

    for words in (mail.html, backlog_page(view)):
        reader = parsed(words)
        assert "script" not in reader.tags
        assert all(link.startswith(("cid:", "data:image/")) for link in reader.links)
        assert not set(words) & set("\x1b\x07\0\u202e\u200f\x9b")
    assert "\n" not in mail.subject
    assert not set(mail.text) & set("\x1b\x07\0\u202e\u200f\x9b\r")


def test_rows_for_programs_hold_plain_numbers(mail):
    first = mail.rows[0]

    assert ("billing", "act", 180, 65, 0.71) == (
        first["queue_id"], first["level"], first["open_cases"], first["over_due"], first["breach_probability"],
    )  # fmt: skip
    assert mail.rows[3]["over_due"] is None
