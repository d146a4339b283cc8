"""Masking at ingest: what is stored, embedded, searched and cited is the text with personal data replaced.

Without a key a value becomes `⟦mobile⟧` and is gone. With one it becomes `⟦mobile:…⟧`: AES-SIV (RFC 5297), authenticated
and deterministic, so that an unchanged document gives the same passages and equal values can be told to be equal. AES-GCM
would need a fresh nonce each time (other passages at each ingest), or a repeated one (which breaks it).
"""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from ingest.blocks import dump, moved, read
from ingest.personal import PersonalSpan, find
from ingest.personnames import is_label, is_name, names_in
from rag.domain import Parsed
from rag.errors import ConfigError, InputError

_TOKEN = re.compile(r"⟦([a-z_]+):([A-Za-z0-9_-]+)⟧")
_STORED = b"xiansou-masked-1\n"
Seal = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Masked:
    """A document without the personal data that was found, and how much of each kind that was."""

    parsed: Parsed
    title: str
    counts: Mapping[str, int]


def mask(parsed: Parsed, title: str, kinds: Sequence[str], key: str = "") -> Masked:
    """Replaces personal data in text, titles, headers, phrasings and fields; spans point into the new text."""
    seal, counts = sealer(key), Counter[str]()
    names = _named(parsed) if "name" in kinds else frozenset()

    def clean(text: str) -> str:
        matches = find(text, kinds, names)
        return _replaced(text, matches, seal)[0] if matches else text

    matches = find(parsed.text, kinds, names)
    counts.update(one.kind for one in matches)
    text, move = _replaced(parsed.text, matches, seal)
    blocks = tuple(moved(block, move, clean) for block in parsed.blocks)
    # The text holds what headers and phrasings hold; only fields may be missing from it.
    kept = replace(parsed, text=text, blocks=blocks, title=clean(parsed.title))
    return Masked(kept, clean(title), dict(sorted(counts.items())))


def _named(parsed: Parsed) -> frozenset[str]:
    """People whom the document names as such: by labels, in columns of persons, in its signatures."""
    cells = (cell for block in parsed.blocks for cell in block.cells)
    fields = (field for block in parsed.blocks for field in block.fields.items())
    names = {cell.value.strip() for cell in cells if is_label(cell.name) and is_name(cell.value)}
    names |= {value.strip() for name, value in fields if is_label(name) and is_name(value)}
    return frozenset((*names, *names_in(parsed.text)))


def clean(item: Any, kinds: Sequence[str]) -> Any:
    """JSON values without personal data, which cannot be brought back here."""
    if isinstance(item, str):
        return _replaced(item, find(item, kinds), sealer(""))[0]
    if isinstance(item, Mapping):
        return {clean(name, kinds): clean(value, kinds) for name, value in item.items()}
    return [clean(value, kinds) for value in item] if isinstance(item, list | tuple) else item


def _replaced(text: str, matches: Sequence[PersonalSpan], seal: Seal) -> tuple[str, Callable[[int, bool], int]]:
    """The new text, and where an old offset is in it; one inside of a replaced span goes to its start or its end."""
    parts, at, length = list[str](), 0, 0
    olds, news = [0], [0]  # where an unchanged stretch begins, before and after
    for one in matches:
        token = seal(one.kind, text[one.start : one.end])
        parts += [text[at : one.start], token]
        length += one.start - at + len(token)
        at = one.end
        olds.append(at)
        news.append(length)
    parts.append(text[at:])

    def move(offset: int, is_end: bool) -> int:
        place = bisect_right(olds, offset) - 1
        if place < len(matches) and offset > matches[place].start:  # inside of the span that follows this stretch
            return news[place + 1] if is_end else news[place] + matches[place].start - olds[place]
        return news[place] + offset - olds[place]

    return "".join(parts), move


def sealer(key: str) -> Seal:
    """(kind, value) → the token that stands for it. Raises ConfigError for a key that is too short."""
    if not key:
        return lambda kind, _: f"⟦{kind}⟧"
    cipher = _cipher(key)

    def seal(kind: str, value: str) -> str:
        sealed = cipher.encrypt(value.encode(), [kind.encode()])
        return f"⟦{kind}:{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}⟧"

    return seal


def unmask(text: str, key: str) -> str:
    """The text as it was before masking. Raises InputError for a token that this key did not make."""
    from cryptography.exceptions import InvalidTag

    cipher = _cipher(key)

    def opened(match: re.Match[str]) -> str:
        kind, sealed = match[1], match[2]
        try:
            data = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            return str(cipher.decrypt(data, [kind.encode()]).decode())
        except (InvalidTag, binascii.Error, ValueError) as exc:
            raise InputError(
                "a value was masked with another key, or changed since.",
                field="ingest.mask_key",
                fix="Set the key that was set when the document was ingested.",
            ) from exc

    return _TOKEN.sub(opened, text)


def _cipher(key: str) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if len(key) < 16:
        raise ConfigError("`ingest.mask_key` is too short.", field="ingest.mask_key", fix="Take 16 random characters or more.")
    return AESSIV(HKDF(SHA256(), 64, salt=None, info=b"xiansou mask 1").derive(key.encode()))


# -- what is kept of a masked document for a re-index ------------------------------------------------------------------


def pack(masked: Masked) -> bytes:
    """The masked document itself: its source holds what must not be kept."""
    parsed = masked.parsed
    blocks = [dump(block) for block in parsed.blocks]
    stored = {"text": parsed.text, "title": parsed.title, "name": masked.title, "markdown": parsed.markdown, "blocks": blocks}
    return _STORED + orjson.dumps(stored)


def unpack(content: bytes) -> tuple[Parsed, str] | None:
    """What `pack` made, with the document's title; None for any other content. Only for content of our own record."""
    if not content.startswith(_STORED):
        return None
    stored = orjson.loads(content[len(_STORED) :])
    blocks = tuple(read(row, len(stored["text"])) for row in stored["blocks"])
    return Parsed(stored["text"], blocks, stored["title"], {}, stored["markdown"]), str(stored["name"])
