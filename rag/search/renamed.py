"""Names in a conversation: the thing that was spoken of, and another one in its place."""

from __future__ import annotations

import re

from rag.search.turn import Turn, names_an_aspect

# Models, codes, versions and years, as they are written in both languages; `C2 Pro` is not the `C2`.
_VARIANT = r"(?: (?:pro|plus|max|mini|lite|ultra|air|se|[ivx]{2,3})\b)?"
_NAME = re.compile(
    rf"(?<![A-Za-z0-9])(?:[A-Za-z]{{1,8}}-?\d[A-Za-z0-9-]*|v?\d+(?:\.\d+)+|(?:19|20)\d\d)(?![A-Za-z0-9]){_VARIANT}",
    re.IGNORECASE,
)
_LACK_A_THING = ("topic", "pronoun", "verb", "opening")


def renamed(standing: str, turn: Turn) -> list[str]:
    """Readings of a follow-up by names, the best first; none where there are no names to go by.

    `那 B5 呢` after `C2 可以放室外吗` is `B5 可以放室外吗`; `How much is it?` after it is `C2 How much is it?`.
    """
    own = [match.group() for match in _NAME.finditer(turn.text)]
    former = [match.group() for match in _NAME.finditer(standing)]
    if not former or turn.lacks not in _LACK_A_THING:
        return []
    if len(own) == 1 and not names_an_aspect(turn.text):
        alike = [name for name in former if _shape(name) == _shape(own[0])]
        return [standing.replace(alike[-1], own[0])] if len(set(alike)) == 1 else []
    if not own and (turn.lacks == "verb" or names_an_aspect(turn.text)):
        return [" ".join([*dict.fromkeys(former), turn.text])]
    return []


def _shape(name: str) -> str:
    """A year for a year, a version for a version, a model or code for another."""
    if re.fullmatch(r"(?:19|20)\d\d", name):
        return "year"
    return "version" if re.match(r"v?\d", name, re.IGNORECASE) else "code"
