"""Contracts of the model's honesty: predicted against reached service level, and the error of inferred agents."""

from typing import Final

from wfm_pipeline.contracts.columns import QUEUE, SOURCE, Table, count, day, number, seconds, share, text

PRESENCE_WORDS: Final = ("first_to_last", "seen_available")
MODEL_WORDS: Final = ("erlang_c", "erlang_a", "simulation")


QUEUE_MODEL_FIT = Table(
    "gold",
    "queue_model_fit",
    "One row per queue, month and rule by which agents present are inferred: predicted and reached service level.",
    ("queue_id", "month", "presence"),
    (
        SOURCE,
        QUEUE,
        day("month", "First day of the month."),
        text("presence", "How agents present were inferred from services.", nullable=False, allowed=PRESENCE_WORDS),
        text("pool", "Pool of queues that share people, named after its first queue.", nullable=False),
        count("calls_in_line", "Calls that joined the line; hang-ups before it are left out."),
        count("redials_in_line", "Redials among them."),
        share("service_level", "Reached: answered within the target over calls in the line.", nullable=False),
        share("abandon_share", "Reached: gave up over calls in the line.", nullable=False),
        seconds("aht_seconds", "Mean handle time; null where none is known."),
        seconds("patience_seconds", "Mean patience if exponential, from censored waits; null where nobody gave up."),
        seconds("patience_seconds_low", "Lower end of its 95 % confidence interval."),
        seconds("patience_seconds_high", "Upper end of its 95 % confidence interval."),
        seconds("patience_first_attempts_seconds", "The same from first attempts alone, without redials."),
        number("agents_mean", "Agents of the pool present when the queue's calls came.", "agents", minimum=0),
        share("service_level_erlang_c", "Predicted by Erlang C."),
        share("service_level_erlang_a", "Predicted by Erlang A with the pool's patience."),
        share("service_level_simulation", "Predicted by the event simulation."),
        number("service_level_simulation_low", "Lower end of its 95 % confidence interval.", "0..1"),
        number("service_level_simulation_high", "Upper end of its 95 % confidence interval.", "0..1"),
        share("abandon_share_simulation", "Abandoned share predicted by the event simulation."),
        number("bias_erlang_c", "Predicted - reached service level.", "share"),
        number("bias_erlang_a", "Predicted - reached service level.", "share"),
        number("bias_simulation", "Predicted - reached service level.", "share"),
        text(
            "model_name",
            "The model that was best in the queue's other months; null where there is none.",
            allowed=MODEL_WORDS,
        ),
        number("bias_model", "Bias of that model in this month: what choosing by the past would have cost.", "share"),
    ),
)

AGENT_PRESENCE_MONTH = Table(
    "gold",
    "agent_presence_month",
    "One row per month: what is known about the error of agents inferred from their services.",
    ("source", "month"),
    (
        SOURCE,
        day("month", "First day of the month."),
        number("hours_first_to_last", "Presence from the first to the last service of a day.", "h", minimum=0),
        number("hours_seen_available", "The same without gaps in which callers waited.", "h", minimum=0),
        number("busy_hours", "Services of named agents; nobody was there for less.", "h", minimum=0),
        share("idle_while_waiting_share", "Share of first_to_last in which an agent idled although callers waited."),
        count("unnamed_calls", "Answered calls that name no agent."),
        share("unnamed_busy_share", "Share of all service time in them."),
        seconds("start_gap_seconds", "Mean idle time between services: what is not seen at each end of a day."),
    ),
)

MODEL_FIT_TABLES: Final = (QUEUE_MODEL_FIT, AGENT_PRESENCE_MONTH)
