"""Genesys Cloud's conversation details as one row per stay of a conversation in a queue.

Here: which of a conversation's participants, sessions and segments are a stay, a small closed rule: each session of a participant of purpose
`acd` is one; who answered is the first agent whose session names the queue and speaks after the stay began. A conversation that has not ended
is no row yet. Not here: lines to objects (json_lines) and what a row means (the map). Names: "Conversation detail data model", Genesys Cloud
Developer Center (developer.genesys.cloud/analyticsdatamanagement/analytics/detail).
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.files.json_lines import read_json_lines

COLUMNS: Final = (
    "conversation_id", "stay", "queue_id", "entered", "direction", "media", "caller", "called", "agent_id", "outcome",
    "waited", "talked", "held", "after_call",
)  # fmt: skip
"""Columns of a row, all of them texts; entered is UTC, the last four are seconds."""
_READ: Final = ("conversationId", "conversationEnd", "originatingDirection", "participants")
_TALK, _HOLD, _AFTER = "interact", "hold", "wrapup"
_ABANDONED: Final = "tAbandon"
"""The metric of a stay that the caller gave up."""
_Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A session of a participant.

    Attributes:
        purpose: What the participant is there for: customer, acd, agent and others.
        user: Who it is, where it is one of ours.
        session: The session as it came.
        segments: Its segments with both ends, in order of time: type, start, end.
        queues: Queues that its segments name.
    """

    purpose: str
    user: str | None
    session: Mapping[str, Any]
    segments: tuple[tuple[str, dt.datetime, dt.datetime], ...]
    queues: tuple[str, ...]

    def seconds(self, kind: str) -> str:
        """Seconds of its segments of a kind."""
        total = sum((end - start for name, start, end in self.segments if name == kind), dt.timedelta())
        return f"{total.total_seconds():.3f}"

    def speaks(self) -> dt.datetime | None:
        """When it first spoke."""
        return next((start for name, start, _ in self.segments if name == _TALK), None)


def read_conversations(paths: Sequence[Path], *, chunk_rows: int) -> Iterator[pa.Table]:
    """Stays of the conversations of some files, in the files' order.

    Args:
        paths: JSON lines, a conversation a line.
        chunk_rows: Conversations at a time, at most.

    Raises:
        SourceError: a line is no object, or its participants are none.
    """
    for path in paths:
        for table in read_json_lines(path, chunk_rows=chunk_rows, columns=_READ):
            rows = [row for one in table.to_pylist() if one["conversationEnd"] for row in _stays(path, one)]
            columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
            yield pa.table(
                {name: pa.array(list(values), pa.string()) for name, values in zip(COLUMNS, columns, strict=True)}
            )


def _stays(path: Path, conversation: Mapping[str, str | None]) -> Iterator[_Row]:
    try:
        parts = sorted(_parts(json.loads(conversation["participants"] or "[]")), key=lambda part: part.segments[0][1])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SourceError(
            f"{path}: conversation {conversation['conversationId']} has participants that are none of Genesys Cloud's conversation "
            "details",
            path=str(path),
        ) from error
    stays = [part for part in parts if part.purpose == "acd" and part.queues]
    agents = [part for part in parts if part.purpose == "agent" and part.speaks()]
    for number, stay in enumerate(stays, start=1):
        agent = next((one for one in agents if stay.queues[0] in one.queues and _is_after(one, stay)), None)
        if agent is not None:
            agents.remove(agent)
        head = (conversation["conversationId"], str(number), stay.queues[0], _text(stay.segments[0][1]))
        session = stay.session
        who = (conversation["originatingDirection"], session.get("mediaType"), session.get("ani"), session.get("dnis"))
        yield (*head, *who, *_end(stay, agent))


def _parts(participants: Sequence[Mapping[str, Any]]) -> Iterator[_Part]:
    for participant in participants:
        for session in participant.get("sessions", []):
            found = [one for one in session.get("segments", []) if one.get("segmentEnd")]
            timed = sorted(
                (
                    dt.datetime.fromisoformat(one["segmentStart"]),
                    dt.datetime.fromisoformat(one["segmentEnd"]),
                    one["segmentType"],
                )
                for one in found
            )
            queues = tuple(dict.fromkeys(one["queueId"] for one in found if one.get("queueId")))
            segments = tuple((kind, start, end) for start, end, kind in timed)
            if segments:
                yield _Part(participant["purpose"], participant.get("userId"), session, segments, queues)


def _is_after(agent: _Part, stay: _Part) -> bool:
    speaks = agent.speaks()
    return speaks is not None and speaks >= stay.segments[0][1]


def _end(stay: _Part, agent: _Part | None) -> _Row:
    """Who answered, the outcome, and the seconds of wait, talk, hold and after-call work."""
    entered, left = stay.segments[0][1], max(end for _, _, end in stay.segments)
    if agent is not None:
        waited = ((agent.speaks() or left) - entered).total_seconds()
        return agent.user, "answered", f"{waited:.3f}", *(agent.seconds(kind) for kind in (_TALK, _HOLD, _AFTER))
    names = {metric.get("name") for metric in stay.session.get("metrics", [])}
    outcome = "abandoned" if _ABANDONED in names else "other"
    return None, outcome, f"{(left - entered).total_seconds():.3f}", None, None, None


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
