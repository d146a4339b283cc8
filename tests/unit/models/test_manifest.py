from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.models import manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "part").mkdir()
    (tmp_path / "weights").write_bytes(b"12345678")
    (tmp_path / "part" / "config.json").write_text("{}")
    made = manifest.Manifest("m", "m@1", 3, 512, "query: ", "passage: ", "test", "MIT", manifest.describe(tmp_path))
    manifest.write(tmp_path, made)
    return tmp_path


def test_a_complete_folder_reads_back_what_was_written(folder: Path) -> None:
    made = manifest.read(folder)
    assert made is not None
    assert (made.model_id, made.dim, made.query_prompt) == ("m@1", 3, "query: ")
    assert made.files["part/config.json"] == (2, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    assert manifest.damaged(folder) == []


def test_a_missing_or_shortened_file_makes_it_incomplete(folder: Path) -> None:
    (folder / "weights").write_bytes(b"1234567")
    assert manifest.read(folder) is None
    (folder / "weights").unlink()
    assert manifest.read(folder) is None


def test_flipped_bits_are_found_by_the_hash_alone(folder: Path) -> None:
    (folder / "weights").write_bytes(b"12345679")
    assert manifest.read(folder) is not None
    assert manifest.damaged(folder) == ["weights"]


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"format": 1}', '{"format": 1, "files": {"a": 3}}'])
def test_a_broken_manifest_is_no_manifest(folder: Path, text: str) -> None:
    (folder / manifest.FILE).write_text(text)
    assert manifest.read(folder) is None
    with pytest.raises(ConfigError, match="not a completely prepared model"):
        manifest.damaged(folder)


def test_another_format_is_not_read(folder: Path) -> None:
    stored = json.loads((folder / manifest.FILE).read_text())
    (folder / manifest.FILE).write_text(json.dumps({**stored, "format": manifest.FORMAT + 1}))
    assert manifest.read(folder) is None
