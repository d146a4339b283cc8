"""Sessions of the console: a key is shown once, a signed cookie stands for it from then on."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

import jwt

from api.secret import Secret
from rag.record.keys import Key, Keys

COOKIE = "xiansou_console"
CSRF = "X-Csrf-Token"
LIFETIME_S = 8 * 3600

_PREFIX = "/console"
_ALGORITHM, _AUDIENCE = "HS256", "xiansou-console"


def in_console(path: str) -> bool:
    """Whether a path is one of the console's."""
    return path == _PREFIX or path.startswith(f"{_PREFIX}/")


@dataclass(frozen=True, slots=True)
class Session:
    """Who signed in; `id` is of this session."""

    id: str
    key: Key


class Sessions:
    """Opens and finds. A session is worth what its key is at the moment: with the key it ends, at once and everywhere."""

    def __init__(self, secret: Secret, keys: Keys):
        self._secret, self._keys = secret, keys

    def open(self, key: Key) -> str:
        """The cookie's text."""
        claims = {"aud": _AUDIENCE, "exp": time.time() + LIFETIME_S, "jti": secrets.token_hex(8), "key": key.id}
        return jwt.encode(claims, self._secret.text(), _ALGORITHM)

    def find(self, cookie: str | None) -> Session | None:
        """None without a cookie, or for one that is not ours, has ended, or whose key has."""
        if not cookie:
            return None
        options = {"require": ["exp", "aud", "jti", "key"]}
        try:
            claims = jwt.decode(cookie, self._secret.text(), [_ALGORITHM], options, audience=_AUDIENCE)  # type: ignore[arg-type]
        except jwt.PyJWTError:
            return None
        key = self._keys.live(claims["key"])
        return None if key is None else Session(claims["jti"], key)

    def token(self, session: Session | None) -> str:
        """What a page of this session must send with everything that changes something; None: this machine's own user."""
        about = "local" if session is None else session.id
        return hmac.new(self._secret.text().encode(), f"csrf:{about}".encode(), hashlib.sha256).hexdigest()

    def proves(self, session: Session | None, sent: str | None) -> bool:
        return hmac.compare_digest(self.token(session), sent or "")
