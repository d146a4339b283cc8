"""Whether the first start is still loading the examples: a mark below `data_dir`, seen by all processes of the service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = "loading"


@contextmanager
def marked(data_dir: Path) -> Iterator[None]:
    """Marks the time within. A mark whose process has ended counts no more."""
    mark = data_dir / _MARK
    mark.write_text(str(os.getpid()), encoding="ascii")
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def under_way(data_dir: Path) -> bool:
    try:
        os.kill(int((data_dir / _MARK).read_text(encoding="ascii")), 0)
    except PermissionError:  # it lives, and is another user's
        return True
    except (OSError, ValueError):
        return False
    return True
