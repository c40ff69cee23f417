"""Legs as the comparison of models reads them. Not here: history by interval (history.py)."""

import pandas as pd

from wfm_pipeline.contracts.silver import CALL_LEGS, CALLS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.simulation.model_fit.records import LEG_COLUMNS
from wfm_pipeline.transforms.several_legs import answering_legs
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source


def read_legs_with_redials(warehouse: Warehouse, source_map: SourceMap) -> pd.DataFrame:
    """All legs, `LEG_COLUMNS`, with what their call says of redials; of phones that rang at once the one that counts."""
    found = [_legs_of_part(warehouse, part) for part in source_map.leading_parts]
    return pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]


def _legs_of_part(warehouse: Warehouse, part: SourceMap) -> pd.DataFrame:
    legs, calls = (of_source(part).filter(warehouse.table(table.full_name)) for table in (CALL_LEGS, CALLS))
    legs = answering_legs(legs) if part.has_legs_at_once else legs
    redials = calls.select(redial_call_id=calls["call_id"], is_redial=calls["is_redial"])
    joined = legs.left_join(redials, legs["call_id"] == redials["redial_call_id"])
    return warehouse.frame(joined.select(*LEG_COLUMNS))
