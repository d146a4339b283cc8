"""What a journal promises: in which states each document may be, given what was acknowledged and what was only sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Line = dict[str, Any]
State = tuple[str, int]  # ("live", marked version), ("deleted", 0), ("erased", 0), ("absent", 0)
States = dict[str, set[State]]

ABSENT: State = ("absent", 0)
_EFFECT = {"put": "live", "job": "live", "delete": "deleted", "erase": "erased"}


@dataclass(frozen=True, slots=True)
class Op:
    """An operation on a document with what its client learned; `acked` is None without an acknowledgement."""

    number: int
    kind: str
    id: str
    version: int
    acked: Line | None
    failed: bool
    job: int | None

    @property
    def effect(self) -> State:
        return _EFFECT[self.kind], self.version if _EFFECT[self.kind] == "live" else 0


def operations(lines: Sequence[Line]) -> list[Op]:
    """In the order in which they were sent."""
    ends = {line["op"]: line for line in lines if line["state"] in ("acked", "failed")}
    submitted = {line["op"]: line["job"] for line in lines if line["state"] == "submitted"}
    done = {line["job"]: line for line in lines if line["state"] == "done"}

    def op(line: Line) -> Op:
        end, job = ends.get(line["n"]), submitted.get(line["n"])
        failed = end is not None and end["state"] == "failed"
        acked = done.get(job) if job is not None else None if failed else end
        return Op(line["n"], line["kind"], line["id"], line["version"], acked, failed, job)

    return [op(line) for line in lines if line["state"] == "sent"]


def states(ops: Sequence[Op], *, drained: bool = False) -> States:
    """`drained`: every submitted job must have been done by now."""
    allowed: States = {}
    for op in ops:
        if op.kind not in _EFFECT:
            continue
        known = allowed.setdefault(op.id, {ABSENT})
        if op.acked is not None or (drained and op.job is not None):
            known.clear()
        known.add(op.effect)
    return allowed


def after_restore(lines: Sequence[Line]) -> States:
    """What may stand after the backup was restored: as it was then, without what was erased since."""
    cut = next(line["n"] for line in lines if line["state"] == "backed up")
    since = [op for op in operations(lines) if op.number > cut and op.kind == "erase"]
    restored = states(operations([line for line in lines if line["n"] < cut]))
    for op in since:
        known = restored.get(op.id, {ABSENT})
        if op.acked is not None and known != {ABSENT}:
            known.clear()
        known.add(op.effect)
    return restored


def passage_ids(ops: Sequence[Op]) -> Iterator[tuple[str, int, int, int]]:
    """(document, version of the record, lowest id, highest id) of acknowledged writes."""
    seen = set()
    for op in ops:
        told = op.acked or {}
        if told.get("passages") and told["passages"][0] is not None and (op.id, told["written"]) not in seen:
            seen.add((op.id, told["written"]))
            yield op.id, told["written"], *told["passages"]


def reused(ops: Sequence[Op]) -> list[str]:
    """Passage ids that were acknowledged for two versions."""
    ranges = sorted(passage_ids(ops), key=lambda told: told[2])
    return [f"passage ids reused: {a} and {b}" for a, b in pairwise(ranges) if b[2] <= a[3]]
