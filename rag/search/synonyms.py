"""Synonyms from a file: other words that a question's words may stand for in the documents.

A line `refund, money back, 退款` names equals; `CP => Control Panel, 控制台` replaces one way. Applied to questions, so a
changed file needs no re-index.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from rag.errors import ConfigError
from rag.text.dictionary import read_lines
from rag.text.tokens import Cutter, fold, words

_FIELD = "retrieval.synonyms"
_COMMA = re.compile(r"[,，、;；\t]")


class Synonyms:
    """Phrases and what else is searched for each."""

    def __init__(self, others: Mapping[str, frozenset[str]] | None = None):
        self._others = dict(others or {})
        self._finder = Cutter(self._others)

    def words_for(self, text: str) -> dict[str, tuple[str, ...]]:
        """The text's words that belong to a known phrase → words of its synonyms; empty when there is none."""
        synonyms: dict[str, tuple[str, ...]] = {}
        for phrase in self._finder.names_in(text) if self._others else ():
            other = tuple(dict.fromkeys(word for synonym in sorted(self._others[phrase]) for word in words(synonym)))
            for word in words(phrase):
                synonyms[word] = tuple(dict.fromkeys((*synonyms.get(word, ()), *other)))
        return synonyms


def load_synonyms(path: str) -> Synonyms:
    """Of a file; '' for none. Raises ConfigError that names the line."""
    others: dict[str, set[str]] = {}
    for line in read_lines(Path(path), _FIELD) if path else ():
        left, arrow, right = line.partition("=>")
        sources, targets = _phrases(left), _phrases(right if arrow else left)
        if not sources or not targets or (not arrow and len(sources) < 2):
            raise ConfigError(
                f"{path}: `{line}` is no line of synonyms.", field=_FIELD, fix="Write `one, two` or `one => two, three`."
            )
        for source in sources:
            others.setdefault(source, set()).update(target for target in targets if target != source)
    return Synonyms({phrase: frozenset(same) for phrase, same in others.items()})


def _phrases(text: str) -> list[str]:
    return [" ".join(fold(part).lower().split()) for part in _COMMA.split(text) if part.strip()]
