"""Keys: who may do what. Every look-up reads the ledger, so a key that is made or revoked counts at once, everywhere."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import orjson
from sqlalchemy import Engine, bindparam, insert, select, update
from sqlalchemy.engine import Row

from rag.errors import InputError, NotFound
from rag.record import queries
from rag.record.engine import writing
from rag.record.tables.keys import keys

KeyScope = Literal["query", "ingest", "metrics", "admin"]
CitationStyle = Literal["annotations", "markdown", "openwebui", "none"]

SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)
STYLES: tuple[CitationStyle, ...] = get_args(CitationStyle)
PREFIX = "xs_"
FIRST_START, COMMAND_LINE = "first start", "command line"

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:.]+\](:\d{1,5})?")
_ALPHABET = string.digits + string.ascii_letters  # a key is selected by one double click
_SECRET = 43  # characters: 62^43 > 2^256
_NOBODY = hashlib.sha256(secrets.token_bytes(32)).digest()  # compared when the id is unknown: the same work is done
_BY_ID = select(keys).where(keys.c.id == bindparam("key"))
_MADE = f"SELECT EXISTS (SELECT 1 FROM {keys.name} WHERE made_by <> '{FIRST_START}')"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may use up; None: as the settings say."""

    requests_per_minute: int | None = None
    tokens_per_day: int | None = None
    spend_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """What a key may do. `collections` None: all; `groups` None: every document whatever its ACL.

    `origins`: web origins from which widget tokens of this key may be used. `admin` includes the other scopes.
    """

    scopes: tuple[KeyScope, ...] = ("query",)
    collections: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    origins: tuple[str, ...] = ()
    citation_style: CitationStyle | None = None
    allowance: Allowance = field(default_factory=Allowance)


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. Times are Unix seconds."""

    id: str
    name: str
    rights: Rights
    made_by: str
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    @property
    def state(self) -> Literal["live", "expired", "revoked"]:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= time.time() else "live"


class Keys:
    """The keys of a ledger. Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def create(self, name: str, rights: Rights, *, made_by: str, expires_at: float | None = None) -> tuple[Key, str]:
        """A new key and its text, which is shown now or never. Raises InputError."""
        _check(rights, expires_at)
        key = Key(_random(12), name, rights, made_by, time.time(), expires_at, None)
        secret = _random(_SECRET)
        with writing(self._engine) as conn:
            conn.execute(insert(keys).values(_row(key, secret)))
        return key, f"{PREFIX}{key.id}_{secret}"

    def create_first(self) -> str | None:
        """A key for everything when there has never been one, else None. It does not close loopback: see `any_made`."""
        key = Key(_random(12), "first", Rights(SCOPES), FIRST_START, time.time(), None, None)
        secret = _random(_SECRET)
        with writing(self._engine) as conn:
            if conn.execute(select(keys.c.id).limit(1)).first() is not None:
                return None
            conn.execute(insert(keys).values(_row(key, secret)))
        return f"{PREFIX}{key.id}_{secret}"

    def find(self, presented: str) -> Key | None:
        """The live key that has this text; None for a wrong, expired or revoked one."""
        public, _, secret = presented.removeprefix(PREFIX).partition("_")
        row = self._row(public)
        digest = hashlib.sha256(secret.encode()).digest()
        same = hmac.compare_digest(digest, _NOBODY if row is None else row.hash)
        if row is None or not same or not presented.startswith(PREFIX):
            return None
        key = _key(row)
        return key if key.state == "live" else None

    def get(self, key_id: str) -> Key:
        """Raises NotFound."""
        row = self._row(key_id)
        if row is None:
            raise NotFound(f"no key {key_id!r}", field="id")
        return _key(row)

    def live(self, key_id: str) -> Key | None:
        """The key, unless it is expired, revoked or unknown."""
        row = self._row(key_id)
        return key if row is not None and (key := _key(row)).state == "live" else None

    def origins(self) -> frozenset[str]:
        """Web origins of all live keys."""
        query = select(keys).where(keys.c.revoked_at.is_(None), keys.c.origins != "[]")
        with self._engine.connect() as conn:
            held = [_key(row) for row in conn.execute(query)]
        return frozenset(origin for key in held if key.state == "live" for origin in key.rights.origins)

    def all(self) -> list[Key]:
        """Oldest first, revoked and expired ones too."""
        with self._engine.connect() as conn:
            return [_key(row) for row in conn.execute(select(keys).order_by(keys.c.created_at, keys.c.id))]

    def revoke(self, key_id: str) -> Key:
        """From the commit on nobody gets in with it; a second time changes nothing. Raises NotFound."""
        with writing(self._engine) as conn:
            conn.execute(update(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None)).values(revoked_at=time.time()))
        return self.get(key_id)

    def any_made(self) -> bool:
        """Whether a person ever made a key, revoked or not. The one of the first start does not count."""
        return bool(queries.value(self._engine, _MADE))

    def _row(self, key_id: str) -> Row[Any] | None:
        with self._engine.connect() as conn:
            return conn.execute(_BY_ID, {"key": key_id}).first()


def rights(
    *,
    scopes: Sequence[str],
    collections: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    origins: Sequence[str] = (),
    citation_style: str | None = None,
    allowance: Allowance = Allowance(),
) -> Rights:
    """Rights from texts that a person gave. Raises InputError naming the field."""
    for scope in scopes:
        _one_of(scope, SCOPES, "scopes")
    if citation_style is not None:
        _one_of(citation_style, STYLES, "citation_style")
    return Rights(
        tuple(dict.fromkeys(scopes)),  # type: ignore[arg-type]
        None if collections is None else tuple(dict.fromkeys(collections)),
        None if groups is None else tuple(dict.fromkeys(groups)),
        tuple(dict.fromkeys(check_origin(origin) for origin in origins)),
        citation_style,  # type: ignore[arg-type]
        allowance,
    )


def check_origin(text: str) -> str:
    """A web origin as browsers send it. Raises InputError for a wildcard, a path, or anything else."""
    match = _ORIGIN.fullmatch(text.strip().lower())
    if match is None:
        raise InputError(f"`{text}` is no web origin.", field="origins", fix="Write https://shop.example, without a path.")
    return match[0]


def id_of(text: str) -> str:
    """The public id, of an id or of a whole key."""
    return text.strip().removeprefix(PREFIX).partition("_")[0]


def _one_of(value: str, known: Sequence[str], field_: str) -> None:
    if value not in known:
        raise InputError(f"there is no `{value}`.", field=field_, fix=f"Choose from {', '.join(known)}.")


def _check(rights: Rights, expires_at: float | None) -> None:
    if not rights.scopes or not set(rights.scopes) <= set(SCOPES):
        raise InputError("a key needs scopes.", field="scopes", fix=f"Choose from {', '.join(SCOPES)}.")
    if rights.collections == ():
        raise InputError("a key without any collection can do nothing.", field="collections", fix="Leave it out for all.")
    if "admin" in rights.scopes and (rights.collections is not None or rights.groups is not None):
        raise InputError(
            "`admin` makes keys and so reaches everything.", field="scopes", fix="Leave `admin`, `collections` or `groups` out."
        )
    if expires_at is not None and expires_at <= time.time():
        raise InputError("that is in the past.", field="expires_at", fix="Give a time to come.")


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _row(key: Key, secret: str) -> dict[str, Any]:
    rights, allowed = key.rights, key.rights.allowance
    return {
        "id": key.id,
        "hash": hashlib.sha256(secret.encode()).digest(),
        "name": key.name,
        "scopes": _packed(rights.scopes),
        "collections": _packed(rights.collections),
        "groups": _packed(rights.groups),
        "origins": _packed(rights.origins),
        "citation_style": rights.citation_style,
        "requests_per_minute": allowed.requests_per_minute,
        "tokens_per_day": allowed.tokens_per_day,
        "spend_per_day": allowed.spend_per_day,
        "made_by": key.made_by,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _key(row: Row[Any]) -> Key:
    rights = Rights(
        scopes=tuple(orjson.loads(row.scopes)),
        collections=_unpacked(row.collections),
        groups=_unpacked(row.groups),
        origins=_unpacked(row.origins) or (),
        citation_style=row.citation_style,
        allowance=Allowance(row.requests_per_minute, row.tokens_per_day, row.spend_per_day),
    )
    return Key(row.id, row.name, rights, row.made_by, row.created_at, row.expires_at, row.revoked_at)


def _packed(values: Sequence[str] | None) -> str | None:
    return None if values is None else orjson.dumps(list(values)).decode()


def _unpacked(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(orjson.loads(text))
