"""Which build this is: the release, and the commit that it was built from or is checked out at."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from rag import __version__

_HERE = Path(__file__).parent
_SHORT = 9  # digits of a commit
_COMMIT = re.compile(r"[0-9a-f]{40}")


@cache
def build() -> str:
    """`0.2.0+g83be98812`; the release alone where no commit is known."""
    commit = _packaged() or _checked_out(_HERE.parent)
    return f"{__version__}+g{commit[:_SHORT]}" if commit else __version__


def _packaged() -> str:
    """What `setup.py` wrote into the wheel."""
    file = _HERE / "commit.txt"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _checked_out(root: Path) -> str:
    """The commit of a checkout, read from its files: a command starts no git."""
    try:
        folder = root / ".git"
        if folder.is_file():  # a worktree
            folder = root / folder.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (folder / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref:"):
            return head if _COMMIT.fullmatch(head) else ""
        return _of_branch(folder, head.removeprefix("ref:").strip())
    except OSError:
        return ""


def _of_branch(folder: Path, branch: str) -> str:
    common = folder / "commondir"
    shared = folder / common.read_text(encoding="utf-8").strip() if common.is_file() else folder
    if (shared / branch).is_file():
        return (shared / branch).read_text(encoding="utf-8").strip()
    packed = (shared / "packed-refs").read_text(encoding="utf-8")
    return next((line.split()[0] for line in packed.splitlines() if line.endswith(f" {branch}")), "")
