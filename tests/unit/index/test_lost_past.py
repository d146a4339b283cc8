"""A ledger that lost changes which a mirror has applied, as after a fail-over to a standby that lagged behind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from rag.domain import Question
from rag.index.mirror import Mirror
from rag.index.snapshot import Snapshots
from rag.index.vectors import LiveIndex
from rag.wiring import Application


def _lose(application: Application, name: str) -> None:
    """The last change, which wrote this document, was never there; another one has its number now."""
    with application.ledger.engine.begin() as conn:
        conn.execute(text("UPDATE changes SET at = at + 1 WHERE seq = (SELECT max(seq) FROM changes)"))
        for table in ("passages", "versions", "contents"):
            conn.execute(text(f"DELETE FROM {table} WHERE document_id = :name"), {"name": name})
        conn.execute(text("DELETE FROM documents WHERE id = :name"), {"name": name})


def _found(application: Application, **more: Any) -> set[str]:
    return {hit.passage.text for hit in application.answerer.retrieve(Question("otters", **more)).hits}


def test_a_mirror_is_made_anew_though_the_number_is_the_same(application: Application, put: Any) -> None:
    put("kept", "Otters swim.")
    put("lost", "Otters sleep.")
    mirror = application.views.live().mirror
    assert (len(mirror), _found(application)) == (2, {"Otters swim.", "Otters sleep."})
    version = mirror.version
    assert len(application.views.at(version).mirror) == 2
    _lose(application, "lost")
    assert (_found(application), len(mirror), mirror.version) == ({"Otters swim."}, 1, version)
    assert len(application.views.at(version).mirror) == 1
    put("more", "Otters eat.")
    assert _found(application) == {"Otters swim.", "Otters eat."}


def test_a_snapshot_of_a_lost_past_is_not_used(application: Application, put: Any) -> None:
    put("kept", "Otters swim.")
    put("lost", "Otters sleep.")
    view = application.views.live()
    snapshots = Snapshots(application.settings.data_dir / "snapshots", application.ledger.engine)
    assert Mirror.snapshot(view.mirror)
    _lose(application, "lost")
    anew = Mirror(application.ledger.engine, view.generation, view.embedder.dim, LiveIndex, snapshots)
    anew.sync()
    assert len(anew) == 1
    assert not list((application.settings.data_dir / "snapshots").glob("1-*"))


def test_a_head_that_went_back_is_no_present(application: Application, put: Any) -> None:
    """Fewer changes than a mirror has applied."""
    put("kept", "Otters swim.")
    put("lost", "Otters sleep.")
    mirror = application.views.live().mirror
    _lose(application, "lost")
    with application.ledger.engine.begin() as conn:
        conn.execute(text("DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes)"))
    assert application.views.live().mirror is mirror
    assert (len(mirror), mirror.version) == (1, application.ledger.head())
