"""Links to cited passages that open without a key: signed, for hours, worth what their maker may see when they are opened.

A token holds no text and no title, only where to look and for whom: what has been deleted or closed since is not shown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import orjson
from sqlalchemy import Engine, select

from api.principal import Principal
from api.secret import Secret
from rag.domain import Citation, Scope
from rag.errors import NotFound
from rag.record.keys import Keys
from rag.record.ledger import Ledger
from rag.record.schema import documents, versions
from rag.record.sections import section_at

PATH = "/v1/cite/"
_SECRET, _FORM, _SIGNED = "cite_secret", 1, 12  # bytes of the signature: 96 bits cannot be guessed over HTTP
_HOUR = 3600
_AROUND, _LONGEST = 1_500, 20_000  # characters: around a place of no known section, and of a section

Gone = Literal["expired", "deleted", "closed", "unknown"]


@dataclass(frozen=True, slots=True)
class Cited:
    """A cited passage in its section. `spans` are offsets into `text`; `cut`: the section is longer before or after it.

    `current`: the document has no newer version.
    """

    document_id: str
    version: int
    title: str
    url: str | None
    section: tuple[str, ...]
    text: str
    spans: tuple[tuple[int, int], ...]
    cut: tuple[bool, bool]
    current: bool


@dataclass(frozen=True, slots=True)
class _Place:
    document_id: str
    version: int
    spans: tuple[tuple[int, int], ...]
    until: int
    kind: str
    owner: str
    groups: tuple[str, ...] | None
    collections: tuple[str, ...] | None


class Cites:
    """Makes and opens such links. Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine, keys: Keys, hours: float, clock: Callable[[], float] = time.time):
        self._secret, self._keys, self._hours, self._clock = Secret(engine, _SECRET), keys, hours, clock

    def token(self, citation: Citation, caller: Principal) -> str:
        """The same within an hour for the same passage and caller, so that clients know a source again."""
        until = math.ceil((self._clock() / _HOUR) + self._hours) * _HOUR
        spans = citation.spans or ((citation.start, citation.end),)
        whom = [caller.kind, caller.id if caller.kind in ("key", "widget") else "", caller.groups, caller.collections]
        payload = orjson.dumps([_FORM, until, citation.document_id, citation.version, spans, *whom])
        return _written(payload + self._sign(payload))

    def open(self, token: str, ledger: Ledger) -> Cited | Gone:
        """The passage as it may be seen now, or why not."""
        place = self._read(token)
        if place is None:
            return "unknown"
        if place.until < self._clock():
            return "expired"
        return in_section(ledger, place.document_id, place.version, place.spans, self._scope(place))

    def _scope(self, place: _Place) -> Scope | None:
        """What the link's maker may see: what it could see then, and no more than its key may now. None: the key has ended."""
        if place.kind not in ("key", "widget"):
            return Scope(None, {}, place.groups, place.collections)
        key = self._keys.live(place.owner)
        if key is None:
            return None
        return Scope(None, {}, _both(place.groups, key.rights.groups), _both(place.collections, key.rights.collections))

    def _read(self, token: str) -> _Place | None:
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        payload, signature = raw[:-_SIGNED], raw[-_SIGNED:]
        if not hmac.compare_digest(signature, self._sign(payload)):
            return None
        form, until, document_id, version, spans, kind, owner, groups, collections = orjson.loads(payload)
        if form != _FORM:
            return None
        places = tuple((int(start), int(end)) for start, end in spans)
        return _Place(document_id, version, places, until, kind, owner, _names(groups), _names(collections))

    def _sign(self, payload: bytes) -> bytes:
        return hmac.new(self._secret.text().encode(), payload, hashlib.sha256).digest()[:_SIGNED]


def in_section(
    ledger: Ledger, document_id: str, version: int, places: tuple[tuple[int, int], ...], scope: Scope | None
) -> Cited | Gone:
    """A passage in its section as `scope` permits to see it now, or why not; None permits nothing."""
    of_version = (versions.c.document_id == document_id) & (versions.c.version == version)
    with ledger.engine.connect() as conn:
        state = conn.execute(select(documents.c.state, documents.c.version).where(documents.c.id == document_id)).first()
        row = conn.execute(select(versions.c.title, versions.c.url).where(of_version)).first()
    if state is None or state.state != "live" or row is None:
        return "deleted"
    try:
        text = "" if scope is None else ledger.text(document_id, version, scope=scope)
    except NotFound:
        text = ""
    if not text:
        return "closed"
    first, last = min(start for start, _ in places), max(end for _, end in places)
    section, least, most = section_at(ledger.engine, document_id, version, first, last) or (
        (), max(0, first - _AROUND), min(len(text), last + _AROUND),
    )  # fmt: skip
    begin, end = max(least, first - _LONGEST // 2), min(most, last + _LONGEST // 2)
    spans = tuple((start - begin, stop - begin) for start, stop in sorted(places))
    cut, current = (begin > least, end < most), state.version == version
    return Cited(document_id, version, row.title, row.url, section, text[begin:end], spans, cut, current)


def _names(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _both(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(name for name in one if name in other)


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
