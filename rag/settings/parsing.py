"""How documents are read: limits of the processes that parse them."""

from __future__ import annotations

from pydantic import Field

from rag.settings.sections import Section


class Parsing(Section):
    timeout_s: float = Field(30.0, ge=1, le=3600, description="Longest time to parse one document; then it fails as `timeout`.")
    max_memory_mb: int = Field(
        1024, ge=256, le=65536, description="Memory of a parsing process; a document that needs more fails as `out_of_memory`."
    )
    max_output_mb: int = Field(64, ge=1, le=1024, description="A document that gives more text fails as `too_large`.")
    recycle_after: int = Field(100, ge=1, le=100_000, description="Documents after which a parsing process is replaced.")
