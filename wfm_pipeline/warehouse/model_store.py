"""Models on disk: one folder per issue, written beside and swapped, readable without this project.

A model is text (LightGBM's own format) with a JSON card that says on what it was trained, from which
features, with which options and by which version of the code. Nothing is unpickled.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CARD = "card.json"


def save_models(folder: Path, texts: Mapping[str, str], card: Mapping[str, Any]) -> Path:
    """Write models and their card as one folder, all or nothing; an older one of that name is replaced.

    Args:
        folder: Where the models of one issue go.
        texts: File stem -> model text.
        card: What a person needs to trust or rebuild them; JSON-serialisable.

    Returns:
        The folder.
    """
    beside = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for stem, text in sorted(texts.items()):
        (beside / f"{stem}.txt").write_text(text, encoding="utf-8")
    (beside / CARD).write_text(json.dumps(dict(card), indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(beside, folder)
    return folder


def load_models(folder: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Model texts and the card of a folder that `save_models` wrote."""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))}, card
