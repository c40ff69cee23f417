"""The models' honesty as tables for the terminal: which model per queue, and what is known of the agents."""

import pandas as pd

from wfm_pipeline.domain.simulation.model_fit.compare import choices_of


def model_fit_tables(months: pd.DataFrame, presence: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Name -> table.

    Args:
        months: Rows of gold.queue_model_fit.
        presence: Rows of gold.agent_presence_month.
    """
    shown = presence.drop(columns="source").assign(month=pd.to_datetime(presence["month"]).dt.strftime("%Y-%m"))
    choices = choices_of(months)
    by_rule = {
        f"model_per_queue_agents_{rule}": choices[choices["presence"] == rule].drop(columns="presence")
        for rule in sorted(choices["presence"].unique())
    }
    return {**by_rule, "agents_inferred_from_services": shown}
