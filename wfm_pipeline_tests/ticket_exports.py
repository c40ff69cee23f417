"""Ticket exports with the columns that their systems document, small and exact. SIMULATED: names and mail addresses are invented."""

import csv
import datetime as dt
import json

FIRST = dt.datetime(2026, 3, 2, 14)
TICKETS = 60
CLOSED = sum(number % 6 != 0 for number in range(TICKETS))
DELETED = sum(number % 20 == 1 for number in range(TICKETS))
NAMES = ("Jo Example", "jo@customer.example")
"""Who asked: in every export, and in no table of silver or gold."""


def opened(number):
    """When a ticket is opened; every sixth is not closed."""
    return FIRST + dt.timedelta(minutes=7 * number)


def servicenow(number):
    """A row of table incident, as a list exports it."""
    at, stamp, is_closed = opened(number), "%Y-%m-%d %H:%M:%S", number % 6 != 0
    return {
        "number": f"INC{number:07d}",
        "opened_at": at.strftime(stamp),
        "closed_at": (at + dt.timedelta(hours=3)).strftime(stamp) if is_closed else "",
        "resolved_at": (at + dt.timedelta(hours=2)).strftime(stamp) if is_closed else "",
        "state": "7" if is_closed else "2",
        "priority": str(1 + number % 5),
        "assignment_group": f"Group {number % 2}",
        "assigned_to": f"Agent {number % 4}",
        "due_date": (at + dt.timedelta(days=3)).strftime(stamp),
        "sla_due": "UNKNOWN",
        "caller_id": NAMES[0],
        "opened_by": NAMES[0],
        "short_description": f"write to {NAMES[1]}",
        "sys_created_on": at.strftime(stamp),
        "sys_updated_on": (at + dt.timedelta(hours=3)).strftime(stamp),
    }


def zendesk(number):
    """A ticket of the incremental export."""
    at, stamp, is_closed = opened(number), "%Y-%m-%dT%H:%M:%SZ", number % 6 != 0
    status = "deleted" if number % 20 == 1 else "closed" if is_closed else "open"
    return {
        "url": f"https://desk.example/api/v2/tickets/{number}.json",
        "id": 35_000 + number,
        "external_id": None,
        "via": {"channel": "email", "source": {"from": {"address": NAMES[1], "name": NAMES[0]}, "to": {}, "rel": None}},
        "created_at": at.strftime(stamp),
        "updated_at": (at + dt.timedelta(hours=3)).strftime(stamp),
        "type": "incident",
        "subject": f"write to {NAMES[1]}",
        "description": "SIMULATED",
        "priority": ("urgent", "high", "normal", "low")[number % 4],
        "status": status,
        "recipient": NAMES[1],
        "requester_id": 20_978_392,
        "submitter_id": 76_872,
        "assignee_id": 235_323 + number % 4,
        "organization_id": 509_974,
        "group_id": 98_738 + number % 2,
        "due_at": None,
        "tags": ["simulated"],
        "custom_fields": [{"id": 27_642, "value": "745"}],
        "generated_timestamp": int(at.timestamp()),
    }


def zendesk_csv(number):
    """A row of the CSV export."""
    at, stamp, is_closed = opened(number), "%Y-%m-%d %H:%M", number % 6 != 0
    return {
        "Summation column": "1",
        "Id": str(35_000 + number),
        "Requester": NAMES[0],
        "Requester id": "20978392",
        "Requester external id": "",
        "Requester email": NAMES[1],
        "Requester domain": "customer.example",
        "Submitter": NAMES[0],
        "Assignee": f"Agent {number % 4}",
        "Group": f"Group {number % 2}",
        "Subject": f"write to {NAMES[1]}",
        "Tags": "simulated",
        "Status": "Solved" if is_closed else "Open",
        "Priority": ("Urgent", "High", "Normal", "-")[number % 4],
        "Via": "Mail",
        "Ticket type": "Incident",
        "Created at": at.strftime(stamp),
        "Updated at": (at + dt.timedelta(hours=3)).strftime(stamp),
        "Assigned at": at.strftime(stamp),
        "Organization": "",
        "Due date": "",
        "Initially assigned at": at.strftime(stamp),
        "Solved at": (at + dt.timedelta(hours=2)).strftime(stamp) if is_closed else "",
        "Resolution time": "2",
        "Satisfaction Score": "Not Offered",
    }


def write_tickets(name, folder):
    """The export of a map, as its system names the file."""
    if name == "zendesk":
        lines = [json.dumps(zendesk(number)) + "\n" for number in range(TICKETS)]
        (folder / "tickets-1.jsonl").write_text("".join(lines[:40]))
        (folder / "tickets-2.jsonl").write_text("".join(lines[40:]))
        return
    one, file = {"servicenow": (servicenow, "incident.csv"), "zendesk_csv": (zendesk_csv, "tickets.csv")}[name]
    rows = [one(number) for number in range(TICKETS)]
    with (folder / file).open("w", newline="") as opened_file:
        writer = csv.DictWriter(opened_file, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
