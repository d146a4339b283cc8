"""The gate's words as they stand in the data files beside this one."""

from __future__ import annotations

import re
from importlib.resources import files


def lines(name: str) -> list[str]:
    """Of a data file, comments left out, lines that go on put together."""
    text = files("rag.answering.gate").joinpath(name).read_text(encoding="utf-8")
    return [line for line in re.sub(r"\n\s+", " ", text).splitlines() if line and not line.startswith("#")]
