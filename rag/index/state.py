"""What a snapshot keeps of the vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors


@dataclass(frozen=True, slots=True)
class IndexState:
    """rows (n, dim), ids (n,) with -1 for no row, in_base (n,) bool: the base has a code; its bytes when it is trained."""

    rows: Vectors
    ids: NDArray[np.int64]
    in_base: NDArray[np.bool_]
    base: bytes | bytearray | None
