"""Guards against known ways in which an LLM's output goes wrong. What they find is dropped before it is checked.

Reasoning tags, repetition loops, garbled text, scripts that nobody asked for, and the assistant's own instructions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rag.answering.inbox import Pause
from rag.domain.grounding import Fault

_OPEN = re.compile(r"<(think|thinking|reasoning|thought|analysis|reflection)\b[^<>]{0,100}>", re.IGNORECASE)
_CLOSE = re.compile(r"</(?:think|thinking|reasoning|thought|analysis|reflection)\s*>", re.IGNORECASE)
_BEGUN_TAG = re.compile(r"<[^<>\s]{0,12}[^<>]{0,100}$")
_CONTROL = re.compile(r"<\|[^|<>]{1,40}\|>|<(?:/?s|eos|bos|pad|unk|end_of_turn|start_of_turn)>|\[/?INST\]|<</?SYS>>")
_TAIL = 600  # characters in which a loop is looked for
_MAX_PERIOD = 150
_TIMES = 4
_LEAKED_WORDS = 8
_LEAKED_CJK = 14
_NO_SCRIPTS = frozenset("FULLWIDTH MICRO OHM KELVIN DEGREE FEMININE MASCULINE MODIFIER MATHEMATICAL GREEK".split())
_WORD = re.compile(r"\w+")


def without_reasoning(deltas: Iterator[str | Pause]) -> Iterator[str | Pause]:
    """The text without `<think>…</think>` and control tokens; an unclosed tag hides all that follows.

    A closing tag alone (templates that open it in the prompt) hides what came before it and was not handed out yet. Pauses
    are handed on.
    """
    buffer, inside = "", False
    for delta in deltas:
        if isinstance(delta, Pause):
            yield delta
            continue
        buffer += delta
        while True:
            if inside:
                closed = _CLOSE.search(buffer)
                if not closed:
                    buffer = buffer[-20:]
                    break
                buffer, inside = buffer[closed.end() :], False
            else:
                stray, opened = _CLOSE.search(buffer), _OPEN.search(buffer)
                if stray and not (opened and opened.start() < stray.start()):
                    buffer = buffer[stray.end() :]
                elif opened:
                    if opened.start():
                        yield _CONTROL.sub("", buffer[: opened.start()])
                    buffer, inside = buffer[opened.end() :], True
                else:
                    begun = _BEGUN_TAG.search(buffer)
                    ready = buffer[: begun.start()] if begun else buffer
                    if ready:
                        yield _CONTROL.sub("", ready)
                    buffer = buffer[len(ready) :]
                    break
    if buffer and not inside:
        yield _CONTROL.sub("", buffer)


class Loop:
    """Watches a growing text for an end that repeats itself."""

    def __init__(self) -> None:
        self._tail = ""

    def feed(self, delta: str) -> bool:
        """Whether the text has come to repeat itself: the same piece at its end, `_TIMES` times or more."""
        self._tail = (self._tail + delta)[-_TAIL:]
        text = self._tail
        if len(text) < 24:
            return False
        for period in range(1, min(_MAX_PERIOD, len(text) // _TIMES) + 1):
            # Short pieces (dots, dashes, digits of a table) may repeat more often before it is a loop.
            times = max(_TIMES, -(-24 // period))
            if len(text) >= period * times and text.endswith(text[-period:] * times) and text[-period:].strip(" -=_.|\n*#·…"):
                return True
        return False


def fault_of(sentence: str, known: str, instructions: str) -> Fault | None:
    """What is wrong with a sentence by itself.

    `known`: question and passages: their scripts, and what they share with `instructions`, are allowed. `instructions`: the
    system message, which must not be told.
    """
    if _garbled(sentence) or scripts(sentence) - scripts(known) - {"LATIN"}:
        return "garbled"
    return "persona" if _leaks(sentence, known, instructions) else None


def _garbled(text: str) -> bool:
    visible = [char for char in text if not char.isspace()]
    if not visible:
        return False
    odd = sum(char == "\ufffd" or unicodedata.category(char) in ("Cc", "Co", "Cn", "Cs") for char in visible)
    if odd and odd / len(visible) > 0.02:
        return True
    mojibake = len(re.findall(r"[ÃÂ][\x80-\xbf]|â€|锟斤拷|烫烫烫|屯屯屯|[\u00c0-\u00ff]{4,}", text))
    letters = sum(char.isalnum() for char in visible)
    return mojibake > 1 or "锟斤拷" in text or (len(visible) > 12 and letters / len(visible) < 0.3)


def scripts(text: str) -> set[str]:
    """Scripts of a text's letters, by the first word of their Unicode names; Japanese and Chinese count as one."""
    names = {unicodedata.name(char, "UNKNOWN").split(" ")[0].split("-")[0] for char in set(text) if char.isalpha()}
    names = {"CJK" if name in ("HIRAGANA", "KATAKANA", "BOPOMOFO", "IDEOGRAPHIC") else name for name in names}
    return names - {
        "FULLWIDTH",
        "MICRO",
        "OHM",
        "KELVIN",
        "DEGREE",
        "FEMININE",
        "MASCULINE",
        "MODIFIER",
        "MATHEMATICAL",
        "GREEK",
    }


def _leaks(sentence: str, known: str, instructions: str) -> bool:
    """Whether a long run of words of the instructions stands in the sentence, and not in the passages as well."""
    said, hidden, allowed = _plain(sentence), _plain(instructions), _plain(known)
    words = said.split(" ")
    for start in range(len(words) - _LEAKED_WORDS + 1):
        run = " ".join(words[start : start + _LEAKED_WORDS])
        if run in hidden and run not in allowed:
            return True
    tight, tight_hidden, tight_allowed = (text.replace(" ", "") for text in (said, hidden, allowed))
    if tight.isascii():
        return False
    runs = (tight[start : start + _LEAKED_CJK] for start in range(len(tight) - _LEAKED_CJK + 1))
    return any(run in tight_hidden and run not in tight_allowed for run in runs if not run.isascii())


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
