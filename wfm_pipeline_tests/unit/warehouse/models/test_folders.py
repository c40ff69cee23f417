"""The model store: a card beside every model, nothing read that was not written by us."""

import pytest

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.models.folders import read_model, save_model


def test_a_model_comes_back_with_its_card(tmp_path):
    folder = save_model(tmp_path / "2026-01-01", b"trees", {"features": ["weekday"], "train_from": "2025-01-01"})

    content, card = read_model(folder)

    assert b"trees" == content
    assert ["weekday"] == card["features"]


def test_saving_again_replaces_the_folder_whole(tmp_path):
    folder = save_model(tmp_path / "m", b"old", {})
    (folder / "stray").write_text("x")

    save_model(folder, b"new", {})

    assert (b"new", ["card.json", "model.bin"]) == (read_model(folder)[0], sorted(p.name for p in folder.iterdir()))
    assert ["m"] == [path.name for path in tmp_path.iterdir()]


def test_a_changed_model_is_refused_before_anything_reads_it(tmp_path):
    folder = save_model(tmp_path / "m", b"trees", {})
    (folder / "model.bin").write_bytes(b"other")

    with pytest.raises(WarehouseError, match="not the one its card was written for"):
        read_model(folder)


def test_a_missing_model_names_the_folder(tmp_path):
    with pytest.raises(WarehouseError, match="nowhere"):
        read_model(tmp_path / "nowhere")
