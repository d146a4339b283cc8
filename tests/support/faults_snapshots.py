"""Damage to snapshots: what is not exactly what was written is never used."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rag.index.mirror import Mirror
from rag.index.snapshot import Snapshots, identity
from rag.index.snapshot_files import thaw
from rag.index.vectors import LiveIndex
from tests.support.faults_ops import Env, content

PAGE = 4096


def _flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _zero(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(0, len(data), PAGE)
    data[start : start + PAGE] = bytes(len(data[start : start + PAGE]))


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def _grow(data: bytearray, rng: random.Random) -> None:
    data += bytes(rng.randrange(1, PAGE))


def _move(data: bytearray, rng: random.Random) -> None:
    """A sector that was written to another's place."""
    a, b = (rng.randrange(0, max(1, len(data) - 512)) for _ in range(2))
    data[a : a + 512], data[b : b + 512] = data[b : b + 512], data[a : a + 512]


DAMAGES: dict[str, Callable[[bytearray, random.Random], None]] = {
    "flip": _flip, "zero": _zero, "cut": _cut, "grow": _grow, "move": _move,
}  # fmt: skip


def run(folder: Path, trials: int) -> dict[str, Any]:
    """Damages a snapshot so often, one file each time; counts by damage, and what was loaded nevertheless."""
    env, rng = Env.at(folder), random.Random(trials)
    env.open()
    env.bulk([(f"wide{n}", 2) for n in range(8)])
    place, snapshots, whose = _saved(env)
    assert (place / "base.faiss").exists()
    good = {str(file.relative_to(place)): file.read_bytes() for file in place.rglob("[!.]*") if file.is_file()}
    counts, wrong = Counter[str](), []
    names = sorted(good)
    while sum(counts.values()) < trials:
        name, damage = rng.choice(names), rng.choice(sorted(DAMAGES))
        data = bytearray(good[name])
        DAMAGES[damage](data, rng)
        if data == good[name]:
            continue  # zeros in the place of zeros
        for file, whole in good.items():
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            (place / file).write_bytes(whole)
        (place / name).write_bytes(data)
        counts[damage] += 1
        if snapshots.load(whose, thaw) is not None:
            wrong.append(f"{name} with {damage} was loaded")
        elif place.exists():
            wrong.append(f"{name} with {damage} is still there")
    env.close()
    return {"counts": dict(counts), "files": names, "wrong": wrong}


def foreign(folder: Path) -> list[str]:
    """A snapshot of another library, put in the place of ours with its name."""
    (folder / "theirs").mkdir()
    ours, theirs = Env.at(folder), Env.at(folder / "theirs")
    ours.open()
    theirs.open()
    for n in range(ours.opened.ledger.head()):  # of a version that ours could be of
        theirs.put(f"x{n}", 1)
    place, _, _ = _saved(ours)
    alien, _, _ = _saved(theirs)
    shutil.rmtree(place)
    shutil.copytree(alien, place.with_name(alien.name))
    view = ours.opened.views.live()
    anew = Mirror(view.mirror.engine, view.generation, view.embedder.dim, LiveIndex)
    anew.sync()
    ours.close()
    return [] if content(view.mirror) == content(anew) else ["the mirror of another library answers"]


def _saved(env: Env) -> tuple[Path, Snapshots, Any]:
    """One snapshot alone, with a trained base; where it is."""
    view, engine = env.opened.views.writing(), env.opened.ledger.engine
    snapshots = env.opened.settings.data_dir / "snapshots"
    shutil.rmtree(snapshots, ignore_errors=True)
    mirror = env.trained_mirror()
    mirror.sync()
    assert mirror.snapshot()
    place = next(found for found in snapshots.iterdir() if found.is_dir())
    return place, Snapshots(snapshots, engine), identity(engine, view.generation)
