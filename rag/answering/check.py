"""The sentence gate: what an LLM wrote becomes claims with exact places, or is dropped.

Markers are parsed by code; one that names no passage never reaches the user. A sentence passes when a passage that it cites
says the same (`rag.answering.support`); by policy, one that cites wrongly is repaired by the passage that does. An entailment
model, where one is configured, has the last word on meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from rag.answering.gate.compare import Known
from rag.answering.gate.evidence import Evidence
from rag.answering.gate.reading import Reading, read
from rag.answering.inject import instructing
from rag.domain import Claim, Hit, Span
from rag.grounding import Fault, Verdict
from rag.library.tokens import fold
from rag.sentences import split_sentences
from rag.settings.sections import Unsupported

Entails = Callable[[str, str], bool]  # (passage, sentence) → whether the one follows from the other

MARKER = re.compile(r"[ \t]*[\[【](\d{1,3}(?:[ \t]*[,，、][ \t]*\d{1,3})*)[\]】]")
_TRAILING = re.compile(rf"\s*(?:{MARKER.pattern})+[。.！!？?]?")
_BEGUN_MARKER = re.compile(r"\s*[\[【][\d,，、 \t]*$")
_BULLET = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,2}[.)、])[ \t]+")


_QUOTED = re.compile(r"“([^“”]{6,400})”|「([^「」]{4,400})」|\"([^\"]{6,400})\"")
_SPACE = re.compile(r"\s+")
_MARK = re.compile(r"\W+")
_LINK = re.compile(
    r"https?://(?:<[\w-]+>|[^\s()<>\"'`，。；）】])*(?:<[\w-]+>|[^\s()<>\"'`，。；）】.,;:!?])|(?<=\]\()[^()\s]+(?=\))"
)
# Phrases before what is said, which say nothing themselves.
_PAPERS = r"(?:documents?|documentation|passages?|sources?|help pages?|information|text|manual|faq)"
_GIVEN = r"(?:provided|given|available|above|following|retrieved|supplied)"
_THE = rf"(?:the|this|our|your|these)?(?: ?{_GIVEN})?"
_ZH_PAPERS = r"(?:资料|文档|文件|信息|内容|说明|材料)"
_OPENED = re.compile(
    r"^(?:(?:yes|sure|certainly|of course|in short|in summary|overall|specifically|in general|in other words|therefore|thus"
    r"|(?:(?:it is|it's) (?:important|worth) (?:to note|noting)|(?:please )?note)(?: that)?"
    rf"|as (?:described|stated|noted|mentioned|explained|shown|outlined)(?: (?:in|by|on) {_THE} {_PAPERS})?"
    rf"|(?:according to|based on|per|from|as per) {_THE} ?{_PAPERS}(?: {_GIVEN})?"
    rf"|{_THE} {_PAPERS} (?:says?|states?|notes?|explains?|mentions?|indicates?|specif(?:y|ies))(?: that)?)[,:]? )+"
    r"|^(?:(?:您好|你好|是的|好的|当然|可以的|答|总之|综上(?:所述)?|因此|所以|也就是说|简单来说|具体来说|具体而言|一般来说"
    r"|(?:需要|请|值得)?注意(?:的是)?|(?:按照|根据|依据|依照)(?:相关|有关)?规定"
    rf"|(?:根据|按照|依据|从)(?:以上|上述|所给|您?提供的|现有|我们的|相关)?(?:的)?{_ZH_PAPERS}(?:中的)?{_ZH_PAPERS}?(?:来看|可知)?"
    rf"|{_ZH_PAPERS}中?(?:说明|指出|提到|显示|介绍|表明|规定))[,，:：!！。]? ?)+",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(
    r"\b(?:passages?|documents?|sources?|context|information|text)\b.{0,60}\b(?:do(?:es)?n['’]?t|do(?:es)? not|no|not|lacks?)\b"
    r"|\b(?:no|not enough|insufficient) (?:relevant )?information\b"
    r"|\b(?:i|we) (?:can(?:no|['’])t|could ?n['’]t|(?:do|did) ?n['’]t|am unable|do not|was unable)\b.{0,40}"
    r"\b(?:know|find|answer|help|determine|provide|tell)\b"
    r"|(?:资料|文档|文件|上下文|材料|原文|内容)中?(?:并)?(?:没有|未|无)(?:明确)?(?:提|说|给|包含|涉及|找到|相关)|无法(?:根据|回答|确定|提供|判断)|我(?:也)?不知道",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence as the LLM wrote it, without markers, and the claim it became; None when it was dropped, for `fault`."""

    text: str
    claim: Claim | None
    fault: Fault | None = None
    verdict: Verdict = "dropped"


def sentences(deltas: Iterator[str]) -> Iterator[str]:
    """Cuts a stream of text into sentences, each with the markers that follow it, as soon as the next one has begun."""
    buffer = ""
    for delta in deltas:
        buffer += delta
        ends = _ends(buffer)
        if len(ends) < 2 or _BEGUN_MARKER.match(buffer, ends[-2]):
            continue
        for start, end in pairwise([0, *ends[:-1]]):
            yield buffer[start:end]
        buffer = buffer[ends[-2] :]
    for start, end in pairwise([0, *_ends(buffer)]):
        yield buffer[start:end]


def _ends(text: str) -> list[int]:
    """Where each sentence ends, its markers included: after `A. [1] B.` that is before and after ` B.`."""
    ends: list[int] = []
    for _, end in split_sentences(text):
        if end <= (ends[-1] if ends else 0):
            continue
        markers = _TRAILING.match(text, ends[-1]) if ends else None
        if ends and markers:
            ends[-1] = markers.end()
        if not ends or text[ends[-1] : end].strip():
            trailing = _TRAILING.match(text, end)
            ends.append(trailing.end() if trailing else end)
    return ends


class Gate:
    """Decides about the sentences of one answer. `hits`: the passages in the order in which the prompt numbers them."""

    def __init__(
        self, hits: Sequence[Hit], *, question: str = "", policy: Unsupported = "repair", entails: Entails | None = None
    ):
        self._hits, self.policy, self._entails = hits, policy, entails
        self._question = question
        self._evidence: dict[int, Evidence] = {}
        asked = read(question)
        self._asked = frozenset(token.key for token in asked.tokens if token.content)
        self._before: frozenset[str] = frozenset()

    @cached_property
    def known(self) -> str:
        """Question and passages: what an answer may be made of."""
        return "\n".join([self._question, *(f"{hit.passage.context}\n{hit.passage.text}" for hit in self._hits)])

    def evidence(self, position: int) -> Evidence:
        if position not in self._evidence:
            self._evidence[position] = Evidence(self._hits[position].passage)
        return self._evidence[position]

    def check(self, sentence: str) -> Checked:
        """Decides about one sentence."""
        cited = [int(n) for group in MARKER.findall(sentence) for n in re.findall(r"\d+", group)]
        text = _BULLET.sub("", MARKER.sub("", sentence).strip()).strip()
        bare = _OPENED.sub("", text)
        claim = read(bare)
        if not claim.keys:
            return Checked(text, None, "no_support" if text else None)
        named = [n - 1 for n in dict.fromkeys(cited) if 1 <= n <= len(self._hits)]
        found = self._supported(bare, claim, named)
        if found[0]:
            return self._passed(text, bare, found[0], None, "supported", claim)
        fault = found[1]
        if self.policy == "repair":
            others = [at for at in range(len(self._hits)) if at not in named]
            spans, other_fault = self._supported(bare, claim, others, first=True)
            if spans:
                return self._passed(text, bare, spans, "wrong_citation" if cited else "no_citation", "repaired", claim)
            fault = fault or other_fault
        return Checked(text, None, fault or ("no_support" if cited else "no_citation"))

    def _passed(self, text: str, bare: str, spans: list[Span], fault: Fault | None, verdict: Verdict, claim: Reading) -> Checked:
        self._before = frozenset(t.key for t in claim.tokens if t.content)
        if verdict == "supported" and any(_tight(bare) in _tight(self._said(span)) for span in spans):
            verdict = "quoted"
        return Checked(text, Claim(text, tuple(spans)), fault, verdict)

    def _supported(
        self, text: str, claim: Reading, at: Sequence[int], *, first: bool = False
    ) -> tuple[list[Span], Fault | None]:
        """Where the passages at these positions say it; else the fault of the nearest one."""
        spans, faults = list[Span](), list[tuple[float, Fault]]()
        known = Known(self._asked | self._before, self._asked)
        for position in at:
            said = self.evidence(position).says(claim, known)
            if said.units and (fault := self.evidence(position).altered(text, known)) is not None:
                said = replace(said, units=(), fault=fault)
            start = self._hits[position].passage.start
            if said.units:
                spans += [Span(position, start + unit.start, start + unit.end) for unit in said.units]
                if first:
                    break
            elif said.fault is not None:
                faults.append((said.close, said.fault))
        return spans, max(faults, default=(0.0, None), key=lambda fault: fault[0])[1]

    def _said(self, span: Span) -> str:
        passage = self._hits[span.hit].passage
        return passage.text[span.start - passage.start : span.end - passage.start]


def check(sentence: str, hits: Sequence[Hit]) -> Checked:
    """Decides about one sentence, without a question."""
    return Gate(hits).check(sentence)


def _quotes(text: str) -> list[str]:
    return [next(filter(None, groups)) for groups in _QUOTED.findall(text)]


def _plain(text: str) -> str:
    return _MARK.sub("", fold(text)).lower()


def _tight(text: str) -> str:
    return _SPACE.sub("", fold(text)).strip(".。!！?？\"'“”‘’*`").lower()
