"""Single sign-on: a JWT of the identity provider becomes a principal. The only importer of `jwt`, with `auth_widget`."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import httpx
import jwt
import orjson
import structlog

from api.principal import Principal
from rag.errors import ConfigError, Unauthorized, UpstreamError
from rag.record.keys import KeyScope
from rag.settings.access import split
from rag.settings.sso import Sso

log = structlog.get_logger()

_LEEWAY_S = 30.0
_FRESH_S = 300.0  # after that long the keys are read again, so that a withdrawn one is not taken for ever
_PATIENCE_S = 10.0  # between two readings because of an unknown key id: strangers must not make us ask the provider
_TIMEOUT_S = 3.0
_MAX_BYTES = 1_000_000


class Jwks:
    """Public keys by id, from a URL or a file; read again when old or when a token names an unknown one."""

    def __init__(self, place: str):
        self._place, self._lock = place, threading.Lock()
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._read_at = float("-inf")

    def key(self, kid: str | None) -> jwt.PyJWK | None:
        """None when the provider has no such key. Raises UpstreamError while no keys could be read."""
        age = time.monotonic() - self._read_at
        if age > _FRESH_S or (kid not in self._keys and age > _PATIENCE_S):
            self._read_again()
        if not self._keys:
            raise UpstreamError("the keys of the identity provider cannot be read.", code="sso_unavailable")
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    def _read_again(self) -> None:
        if not self._lock.acquire(blocking=not self._keys):
            return  # somebody is at it; what is there serves meanwhile
        try:
            if time.monotonic() - self._read_at < _PATIENCE_S:
                return
            self._read_at = time.monotonic()
            self._keys = self._read()
        except (OSError, httpx.HTTPError, ValueError, TypeError, jwt.PyJWTError) as exc:
            log.warning("the keys of the identity provider cannot be read", jwks=self._place, error=str(exc))
        finally:
            self._lock.release()

    def _read(self) -> dict[str | None, jwt.PyJWK]:
        if self._place.startswith(("http://", "https://")):
            with httpx.stream("GET", self._place, timeout=_TIMEOUT_S) as reply:
                reply.raise_for_status()
                content = b""
                for part in reply.iter_bytes():
                    content += part
                    if len(content) > _MAX_BYTES:
                        raise ValueError("it is too large")
        else:
            content = Path(self._place).read_bytes()
        keys: dict[str | None, jwt.PyJWK] = {}
        for jwk in orjson.loads(content)["keys"]:
            if jwk.get("use", "sig") == "sig" and jwk.get("kty") != "oct":
                try:
                    keys[jwk.get("kid")] = jwt.PyJWK.from_dict(jwk)
                except jwt.PyJWTError:  # of a kind that we do not know: the others serve
                    continue
        if not keys:
            raise ValueError("it holds no public key")
        return keys


class SingleSignOn:
    """Checks tokens against pinned algorithms, issuer and audience. Safe for threads."""

    def __init__(self, settings: Sso):
        """Raises ConfigError for a file that is not there."""
        self._settings, self._jwks = settings, Jwks(settings.jwks)
        self._algorithms = split(settings.algorithms)
        if settings.jwks and "://" not in settings.jwks and not Path(settings.jwks).is_file():
            raise ConfigError(f"there is no file {settings.jwks}.", field="sso.jwks", fix="Name a JWKS file or URL.")

    def principal(self, token: str, address: str | None) -> Principal:
        """Raises Unauthorized, UpstreamError."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = self._jwks.key(kid)
            if key is None:
                raise Unauthorized("the token is signed with a key that is not the identity provider's.", field="Authorization")
            claims = jwt.decode(
                token,
                key,
                algorithms=self._algorithms,
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as exc:
            raise Unauthorized(f"the token is not valid: {exc}.", field="Authorization", fix="Sign in again.") from exc
        return self._of(claims, address)

    def _of(self, claims: Mapping[str, Any], address: str | None) -> Principal:
        sso, scope_of = self._settings, self._settings.scope_of()
        values = _values(claims.get(sso.scopes_claim)) or ()
        scopes = {*split(sso.default_scopes), *(scope_of[value] for value in values if value in scope_of)}
        everything = "admin" in scopes  # as for keys: who makes keys reaches everything
        collections = _values(claims.get(sso.collections_claim)) or ()
        groups = _values(claims.get(sso.groups_claim)) or ()
        return Principal(
            "jwt",
            str(claims["sub"]),
            scopes=tuple(cast(KeyScope, scope) for scope in sorted(scopes)),
            collections=None if everything or not sso.collections_claim else collections,
            groups=None if everything else groups,
            visitor=str(claims["sub"]),
            address=address,
        )


def _values(claim: Any) -> tuple[str, ...] | None:
    """A claim's values: a list, or a text with spaces between (as OAuth's `scope`)."""
    if isinstance(claim, str):
        return tuple(claim.split())
    return tuple(str(value) for value in claim) if isinstance(claim, list) else None
