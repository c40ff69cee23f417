"""Interval statistics with the columns that their systems document, small and exact. SIMULATED: the counts are a rule of the clock."""

import csv
import datetime as dt

FIRST = dt.date(2026, 1, 5)  # a Monday
DAYS = 42
OPEN_HOURS = range(9, 17)
GONE = dt.date(2026, 1, 20)
"""A Tuesday of which the export holds nothing."""


def offered(start):
    """Calls of an interval: more before noon and on Mondays."""
    return 4 + (start.hour < 12) * 3 + (start.weekday() == 0) * 2 + start.minute // 15 % 2


def starts(minutes, days=DAYS, *, is_always=False):
    """Starts of intervals by wall clock, in opening hours of working days or always; none of the day that is gone."""
    for number in range(days):
        day = FIRST + dt.timedelta(days=number)
        if day != GONE and (is_always or day.weekday() < 5):
            for hour in range(24) if is_always else OPEN_HOURS:
                for minute in range(0, 60, minutes):
                    yield dt.datetime.combine(day, dt.time(hour, minute))


def contact_statistics(start, service):
    """A row of the table, Moscow's wall clock as UTC (three hours, all year): one call is missed, the others take 200 s each."""
    calls = offered(start)
    return {
        "service_id": service,
        "interval_start_time": f"{start - dt.timedelta(hours=3):%Y-%m-%d %H:%M:%S}",
        "received_calls": calls,
        "treated_calls": calls - 1,
        "miss_calls": 1,
        "not_unique_received_calls": calls + 1,
        "not_unique_treated_calls": calls - 1,
        "not_unique_miss_calls": 2,
        "aht": 200_000,
        "talk_time": 170_000,
        "post_processing": 30_000,
        "service_level": f"{100 * (calls - 2) / calls:.2f}",
        "abandonment_rate": f"{100 / calls:.2f}",
        "occupancy_rate": "71.50",
    }


def avaya_cms(start, split):
    """A row of hsplit: one call abandons, one flows out, the others wait 10 s and take 200 s; nobody calls when it is closed."""
    is_open = start.hour in OPEN_HOURS and start.weekday() < 5
    calls = offered(start) if is_open else 0
    answered = calls - 2 if is_open else 0
    return {
        "row_date": f"{start:%Y-%m-%d}",
        "starttime": f"{start.hour}{start:%M}".lstrip("0") or "0",
        "intrvl": 30,
        "acd": 1,
        "split": split,
        "callsoffered": calls,
        "acdcalls": answered,
        "abncalls": int(is_open),
        "acdtime": 150 * answered,
        "acwtime": 40 * answered,
        "holdacdtime": 10 * answered,
        "anstime": 10 * answered,
        "acceptable": answered - int(is_open),
        "outflowcalls": int(is_open),
    }


def genesys_cloud(start, queue):
    """A row of the historical data import, New York's wall clock as UTC (winter: five hours)."""
    calls = offered(start)
    return {
        "Interval Start UTC Date": f"{start + dt.timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}",
        "Queue": queue,
        "Media Type": "Voice",
        "Skill Set": "billing|||sales",
        "Language": "English",
        "Offered": calls,
        "Interactions Handled": calls - 1,
        "Total Handle Time (Seconds)": 200 * (calls - 1),
    }


EXPORTS = {
    "contact_statistics": (contact_statistics, 15, "contact_statistics.csv"),
    "avaya_cms": (avaya_cms, 30, "hsplit-2026.csv"),
    "genesys_cloud_intervals": (genesys_cloud, 15, "intervals-2026.csv"),
}


def write_intervals(name, folder, *, days=DAYS, extra=()):
    """The export of a map, as its table or file is named; gives its rows."""
    row, minutes, file = EXPORTS[name]
    times = starts(minutes, days, is_always=name == "avaya_cms")
    rows = [row(start, queue) for start in times for queue in ("1", "2")] + list(extra)
    with (folder / file).open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows
