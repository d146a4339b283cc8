"""Models of the Hugging Face hub: from its local cache, or fetched when it can be reached within seconds."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from rag.errors import UpstreamError

_REACH_SECONDS = 5.0
# Other frameworks' copies of the weights, which would multiply the download.
_SKIP = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf", "*.tflite", "coreml/*"]


def cached(repository: str) -> Path | None:
    """The folder of a model in the local cache, when its weights are there; never uses the network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None
    weights = [*folder.rglob("*.safetensors"), *folder.rglob("pytorch_model*.bin")]
    return folder if weights and (folder / "config.json").is_file() else None


def fetch(repository: str) -> Path:
    """Downloads a model into the local cache. Raises UpstreamError with the reason when that cannot be."""
    import httpx
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    if constants.HF_HUB_OFFLINE or os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise UpstreamError("HF_HUB_OFFLINE forbids the hub")
    files = _reach(repository)
    skip = [*_SKIP, "*.bin"] if any(name.endswith(".safetensors") for name in files) else _SKIP
    try:
        return Path(snapshot_download(repository, ignore_patterns=skip, etag_timeout=_REACH_SECONDS))
    except (HfHubHTTPError, HFValidationError, httpx.HTTPError, OSError) as exc:
        raise UpstreamError(f"the download from the hub failed ({exc})") from exc


def _reach(repository: str) -> list[str]:
    """Asks the hub for the model's files. In a thread, because looking up a host's name has no timeout of its own."""
    files: list[str] = []
    failure = ["the hub did not reply"]

    def ask() -> None:
        from huggingface_hub import HfApi

        try:
            info = HfApi().model_info(repository, timeout=_REACH_SECONDS)
            files.extend(sibling.rfilename for sibling in info.siblings or ())
            failure.clear()
        except Exception as exc:  # whatever it is, it is the reason why the hub is not used
            failure[0] = f"the hub cannot be used ({type(exc).__name__})"

    thread = threading.Thread(target=ask, daemon=True, name="hub-reach")
    thread.start()
    thread.join(_REACH_SECONDS + 1)
    if failure:
        raise UpstreamError(failure[0])
    return files
