"""Tokens of a chat widget: minted by the customer's server with its key, for one visitor, for minutes, for its pages only."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

import jwt
from sqlalchemy import Engine

from api.principal import Principal
from api.secret import Secret
from rag.errors import Forbidden, InputError, Unauthorized
from rag.record.keys import Keys, check_origin

PREFIX = "xw_"
MAX_TTL_S = 900

_ALGORITHM, _AUDIENCE, _SECRET = "HS256", "xiansou-widget", "widget_secret"
_FIX = "Ask your server for a new widget token."


@dataclass(frozen=True, slots=True)
class Minted:
    """A token and when it ends, in Unix seconds."""

    token: str
    expires_at: float
    origins: tuple[str, ...]


class WidgetTokens:
    """Mints and checks. A token is worth at most what its key is at the moment: with the key it ends."""

    def __init__(self, engine: Engine, keys: Keys):
        self._keys, self._secret = keys, Secret(engine, _SECRET)

    def mint(
        self, caller: Principal, visitor: str, *, origins: Sequence[str] = (), groups: Sequence[str] | None = None, ttl_s: int
    ) -> Minted:
        """Raises Forbidden when the caller is no key or its key has no origins, InputError for an origin it has not."""
        if caller.kind != "key":
            raise Forbidden("widget tokens are made with a key.", fix="Make one with `keys create --origin https://…`.")
        if not caller.origins:
            raise Forbidden(
                "this key has no web origins.", field="origins", fix="Make one with `keys create --origin https://…`."
            )
        wanted = tuple(check_origin(origin) for origin in origins) or caller.origins
        if foreign := [origin for origin in wanted if origin not in caller.origins]:
            raise InputError(
                f"this key may not be used from {foreign[0]}.", field="origins", fix=f"It has {', '.join(caller.origins)}."
            )
        until = time.time() + ttl_s
        claims = {
            "aud": _AUDIENCE,
            "exp": until,
            "iat": time.time(),
            "jti": secrets.token_hex(8),
            "key": caller.id,
            "vis": visitor,
            "org": wanted,
            "grp": None if groups is None else list(groups),
        }
        return Minted(PREFIX + jwt.encode(claims, self._secret.text(), _ALGORITHM), until, wanted)

    def principal(self, token: str, *, origin: str | None, method: str, address: str | None) -> Principal:
        """Raises Unauthorized, and Forbidden from a page that the token is not for."""
        try:
            claims = jwt.decode(
                token.removeprefix(PREFIX),
                self._secret.text(),
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "aud", "key", "vis", "org"]},
            )
        except jwt.PyJWTError as exc:
            raise Unauthorized(f"the widget token is not valid: {exc}.", field="Authorization", fix=_FIX) from exc
        key = self._keys.live(claims["key"])
        if key is None:
            raise Unauthorized("the key behind this widget token has ended.", field="Authorization", fix=_FIX)
        rights = key.rights
        origins = tuple(one for one in claims["org"] if one in rights.origins)
        # Browsers send an origin with every request of a page but simple reads of its own site.
        if origin not in origins and not (origin is None and method in ("GET", "HEAD")):
            raise Forbidden(f"this widget token is not for {origin or 'requests without an origin'}.", field="Origin")
        return Principal(
            "widget",
            key.id,
            scopes=("query",),
            collections=rights.collections,
            groups=_both(rights.groups, claims["grp"]),
            citation_style=rights.citation_style,
            visitor=claims["vis"],
            address=address,
            origins=origins,
            allowance=rights.allowance,
        )


def _both(key: tuple[str, ...] | None, token: Sequence[str] | None) -> tuple[str, ...] | None:
    """Groups of a token, which can only narrow those of its key. A visitor of whom nothing is said has none."""
    if token is None:
        return key or ()
    return tuple(token) if key is None else tuple(group for group in token if group in key)
