"""Synthetic unit vectors that cluster as embeddings of a help centre do, and queries held out from the same law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors

DIM = 384
_LATENT = 64
_CLUSTERS = 2_000
_SPREAD = 1.1  # of a cluster's members, against the distance between clusters
_NOISE = 0.3  # length of the isotropic part of each vector, against its latent part


@dataclass(frozen=True, slots=True)
class Data:
    """rows (n, dim), spare (m, dim): rows to add later, queries (q, dim); all unit float32 of one law."""

    rows: Vectors
    spare: Vectors
    queries: Vectors


def clustered(n: int, spare: int, queries: int, *, seed: int = 7, like: int | None = None) -> Data:
    """Zipf-weighted Gaussian clusters in a latent space whose spectrum decays, lifted to DIM dimensions, with noise.

    `like`: the seed whose clusters are taken; other rows of the same law.
    """
    rng = np.random.default_rng(seed if like is None else like)
    spectrum = (np.arange(1, _LATENT + 1) ** -0.5).astype(np.float32)
    centres = rng.standard_normal((_CLUSTERS, _LATENT), np.float32) * spectrum
    lift = np.linalg.qr(rng.standard_normal((DIM, _LATENT)))[0].T.astype(np.float32)
    if like is not None:
        rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, _CLUSTERS + 1)
    total = n + spare + queries
    out = np.empty((total, DIM), np.float32)
    for at in range(0, total, 50_000):  # in parts: a million rows would take twice their memory
        m = min(50_000, total - at)
        chosen = rng.choice(_CLUSTERS, m, p=weights / weights.sum())
        latent = centres[chosen] + _SPREAD * spectrum * rng.standard_normal((m, _LATENT), np.float32)
        noise = rng.standard_normal((m, DIM), np.float32) * (_NOISE * np.linalg.norm(spectrum) / np.sqrt(DIM))
        part = latent @ lift + noise.astype(np.float32)
        out[at : at + m] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return Data(out[:n], out[n : n + spare], out[n + spare :])


def nearest(rows: Vectors, queries: Vectors, k: int) -> NDArray[np.int64]:
    """Positions of each query's k exact nearest rows (q, k), in no order."""
    scores = np.empty((len(queries), 0), np.float32)
    places = np.empty((len(queries), 0), np.int64)
    for at in range(0, len(rows), 65_536):
        part = queries @ rows[at : at + 65_536].T
        scores = np.concatenate([scores, part], axis=1)
        places = np.concatenate([places, np.broadcast_to(np.arange(at, at + part.shape[1]), part.shape)], axis=1)
        best = np.argpartition(-scores, k, axis=1)[:, :k] if scores.shape[1] > k else np.arange(scores.shape[1])[None]
        scores, places = np.take_along_axis(scores, best, axis=1), np.take_along_axis(places, best, axis=1)
    return places
