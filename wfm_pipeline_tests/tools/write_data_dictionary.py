"""Write docs/data_dictionary.md anew: `python -m wfm_pipeline_tests.tools.write_data_dictionary`."""

from pathlib import Path

from wfm_pipeline.contracts.dictionary import data_dictionary

PATH = Path(__file__).parents[2] / "docs" / "data_dictionary.md"

if __name__ == "__main__":
    PATH.write_text(data_dictionary(), encoding="utf-8")
