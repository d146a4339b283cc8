"""`eval make-set`, `eval grade`, `eval from-traffic`: question sets of one's own."""

from __future__ import annotations

import typer


def mount(app: typer.Typer) -> None:
    """Adds the commands to `eval`."""
