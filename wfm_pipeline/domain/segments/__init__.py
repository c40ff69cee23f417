"""Segments of customers: who calls alike, how sure that is, and that it lasts; pure functions.

Here: from a customer's figures to segments with names, and from the last run's to who changed. Not here: how the figures
come about and where the last run is read (transforms), or writing (assets). The method, its sources and its drawbacks:
docs/methods/segmentation.md.
"""

from wfm_pipeline.domain.segments.matching import LastRun
from wfm_pipeline.domain.segments.profile import profiled
from wfm_pipeline.domain.segments.request import SegmentRequest
from wfm_pipeline.domain.segments.segmenting import SegmentationResult, segment_customers

__all__ = ["LastRun", "SegmentRequest", "SegmentationResult", "profiled", "segment_customers"]
