"""The house that assets, checks and calculators get: settings joined with source and warehouse.

Here: opening what lies outside (house.py) and what settings mean to each capability (options.py). Not here: the settings
themselves (settings.py), readers of sources and the warehouse.
"""

from wfm_pipeline.resources.house import House

__all__ = ["House"]
