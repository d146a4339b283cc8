"""The sentence gate: what an LLM wrote becomes claims with exact places, or is dropped.

Markers are parsed by code; one that names no passage never reaches the user. A sentence passes when a passage that it cites
says the same (`rag.answering.gate`); by policy, one that cites wrongly is repaired by the passage that does. An entailment
model, where one is configured, has the last word on meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from rag.answering.gate.alike import Known, weigh
from rag.answering.gate.cut import MARKER
from rag.answering.gate.evidence import Evidence, Said, says
from rag.answering.gate.near import rearranged
from rag.answering.gate.opening import Opened, agrees, opened
from rag.answering.gate.pieces import letters, parts, quotes, tight
from rag.answering.gate.reading import read
from rag.answering.gate.shown import foreign, visible
from rag.answering.gate.subject import another, outdated, says_when
from rag.answering.gate.talk import absent, courtesy, found_after_all, leads_in
from rag.answering.gate.tok import Reading
from rag.answering.gate.units import Unit
from rag.answering.gate.vectors import Meant, WordVectors
from rag.answering.gate.words import nearest, words_of
from rag.answering.inject import instructing
from rag.domain import Claim, Hit, Passage, Span
from rag.domain.grounding import Fault, Verdict
from rag.settings.sections import Unsupported

Entails = Callable[[str, str], bool]  # (passage, sentence) → whether the one follows from the other


_TWO_STOPS = re.compile(r"(?<=[a-zA-Z])\.\s*\.(?=\s*$)")  # `at 9 p.m. [1].`, without its marker
_LIKELY = 2  # passages, besides the cited ones, that are compared word by word
_OFTEN = 3  # sentences and rows that name what the documents are about
_NUMBER = re.compile(r"(?:[Ss]tep |第|步骤 ?)?(\d{1,2})(?:[.)、．:：](?!\d)|步)")
_NUMBER_BEFORE = re.compile(r"(\d{1,2})[.)、．]\s*\Z")


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence as the LLM wrote it, without markers, and the claim it became; None when it was dropped, for `fault`."""

    text: str
    claim: Claim | None
    fault: Fault | None = None
    verdict: Verdict = "dropped"


class Gate:
    """Decides about the sentences of one answer. `hits`: the passages in the order in which the prompt numbers them.

    It remembers what it let through: a pronoun means what was shown before, and no passage's words are shown twice.
    """

    def __init__(
        self,
        hits: Sequence[Hit],
        *,
        question: str = "",
        policy: Unsupported = "replace",
        entails: Entails | None = None,
        words: WordVectors | None = None,
        allowed: Sequence[str] = (),
        section: Callable[[int], Passage] | None = None,
    ):
        """section: the passage of the hit at a position grown to its section, for what is said of a whole table."""
        self._hits, self.policy, self._entails = hits, policy, entails
        self._words, self._section = words, section
        self.allowed = [*allowed, *(link.split("://", 1)[-1] for link in allowed)]
        self._question, self._question_read = question, read(question)
        self._evidence: dict[int, Evidence] = {}
        self._before = Reading(())
        self._follows_on = True
        self._shown: set[tuple[int, int, int]] = set()
        self.passed = self._item = 0

    @cached_property
    def known(self) -> str:
        """Question and passages: what an answer may be made of."""
        return "\n".join([self._question, *(f"{hit.passage.context}\n{hit.passage.text}" for hit in self._hits)])

    def check(self, sentence: str) -> Checked:
        """Decides about one sentence."""
        cited = [int(n) for group in MARKER.findall(sentence) for n in re.findall(r"\d+", group)]
        mark, text = parts(visible(_TWO_STOPS.sub(".", MARKER.sub("", sentence))))
        if not any(char.isalnum() for char in text):
            return Checked(text, None, "no_support" if text else None)
        opening = opened(self._without_allowed(text))
        claim = read(opening.rest)
        last, self._item = self._item, int(number[0]) if (number := re.search(r"\d+", mark)) else 0
        self._follows_on = self._item in (0, 1, last + 1)
        named = [n - 1 for n in dict.fromkeys(cited) if 1 <= n <= len(self._hits)]
        if (plain := self._says_nothing(mark, text, opening, claim, cited)) is not None:
            return plain
        meant = None if self._words is None else Meant(self._words, opening.rest, claim)
        words = self._question_read.keys | self._before.keys
        known = Known(words, self._question_read.keys, not self._before.clauses, lambda: self._common, meant=meant)
        best = self._find(text, opening, claim, known, named)
        if best.spans:
            return self._pass(mark, text, claim, best, None, "supported")
        fault = best.fault
        if self.policy != "drop":
            others = [at for at in range(len(self._hits)) if at not in named]
            other = self._find(text, opening, claim, replace(known, meant=None), others, first=True)
            if not other.spans and meant is not None:
                other = self._find(text, opening, claim, replace(known, strict=True), self._likely(claim, others), first=True)
            if other.spans:
                return self._pass(mark, text, claim, other, "wrong_citation" if cited else "no_citation", "repaired")
            fault = fault or other.fault
        return self._fallen(mark, text, claim, named, fault or ("no_support" if cited else "no_citation"))

    def _without_allowed(self, text: str) -> str:
        """Without the addresses that may always be named, and their brackets."""
        for link in sorted(self.allowed, key=len, reverse=True):
            text = re.sub(rf"[(（<]?{re.escape(link)}/?(?![\w/?#&=%~+-]|[.:@]\w)[)）>]?", "", text)
        return text

    def _likely(self, claim: Reading, at: Sequence[int]) -> list[int]:
        """The passages that have most of the claim's words."""
        shared = {n: weigh(t for t in claim.tokens if t.content and t.key in self._of(n).keys) for n in at}
        return [n for n in sorted(at, key=lambda n: -shared[n])[:_LIKELY] if shared[n] > 1]

    def _says_nothing(self, mark: str, text: str, opening: Opened, claim: Reading, cited: Sequence[int]) -> Checked | None:
        """Of a sentence that claims nothing about the subject."""
        if absent(opening.rest) and not any(tight(text) in tight(hit.passage.text) for hit in self._hits):
            units = [unit for at in range(len(self._hits)) for unit in self._of(at).units]
            if self.passed and not found_after_all(text, units) and not foreign(text, ()):
                return Checked(text, Claim(f"{mark}{text}", ()), None, "no_claim")
            return Checked(text, None, "no_support" if self.passed else "no_answer")
        if not cited and (courtesy(text) or leads_in(text, claim, self._heads())):
            return Checked(text, Claim(f"{mark}{text}", ()), None, "no_claim")
        return None if claim.keys else Checked(text, None, "no_support")

    @cached_property
    def _common(self) -> frozenset[str]:
        """Names of what the documents are about, as far as one can see."""
        units = [unit for at in range(len(self._hits)) for unit in self._of(at).units]
        counts = Counter(key for unit in units for key in {t.key for t in unit.reading.tokens if t.kind == "name"})
        return frozenset(key for key, count in counts.items() if count >= _OFTEN and not any(c.isdigit() for c in key))

    def _heads(self) -> frozenset[str]:
        """Words of the question and of what stands above the passages."""
        return self._question_read.keys.union(*(self._of(at).context.keys for at in range(len(self._hits))))

    def _of(self, position: int) -> Evidence:
        if position not in self._evidence:
            section = None if self._section is None else partial(self._section, position)
            self._evidence[position] = Evidence(self._hits[position].passage, section)
        return self._evidence[position]

    def _pass(self, mark: str, text: str, claim: Reading, best: _Best, fault: Fault | None, verdict: Verdict) -> Checked:
        self._before, self.passed = claim, self.passed + 1
        self._shown |= {(span.hit, span.start, span.end) for span in best.spans}
        if verdict == "supported" and any(tight(text) in tight(self._said(span)) for span in best.spans):
            verdict = "quoted"
        return Checked(text, Claim(f"{mark}{text}", tuple(best.spans)), fault, verdict)

    def _fallen(self, mark: str, text: str, claim: Reading, named: Sequence[int], fault: Fault) -> Checked:
        """Of a sentence that no passage says: the passage's own words in its place, where they speak of it."""
        if self.policy == "keep" and fault in _UNKNOWN and not any(t.fact for t in claim.tokens) and not foreign(text, ()):
            self.passed += 1
            return Checked(text, Claim(f"{mark}{text}", ()), fault, "unverified")
        if self.policy not in ("replace", "keep"):
            return Checked(text, None, fault)
        for places in (named, [at for at in range(len(self._hits)) if at not in named]):
            fallen = [
                (near, at)
                for at in places
                if (near := nearest(claim, self._of(at), self._taken(at), self._question_read.keys | self._before.keys))
                is not None
                and self._current(at, text, claim)
                and not another(self._question_read, claim, [near[0]])  # not the other model's words again
            ]
            if fallen:
                (unit, _), at = max(fallen, key=lambda pair: pair[0][1])
                start = self._hits[at].passage.start
                span = Span(at, start + unit.start, start + unit.end)
                self._before, self.passed = unit.reading, self.passed + 1
                self._shown.add((at, span.start, span.end))
                return Checked(text, Claim(f"{mark}{words_of(unit, self._of(at))}", (span,)), fault, "replaced")
        return Checked(text, None, fault)

    def _taken(self, at: int) -> frozenset[tuple[int, int]]:
        start = self._hits[at].passage.start
        return frozenset((first - start, end - start) for hit, first, end in self._shown if hit == at)

    def _find(
        self, text: str, opening: Opened, claim: Reading, known: Known, at: Sequence[int], *, first: bool = False
    ) -> _Best:
        """Where the passages at these positions say it; else the fault of the nearest one."""
        spans, faults = list[Span](), list[tuple[float, Fault]]()
        groups = [[position] for position in at]
        for position in at:  # a quote needs no comparison
            whole = self._of(position).quoted(opening.rest)
            if (
                whole
                and self._objection(
                    text, opening, claim, known, [position], Said(tuple((0, unit) for unit in whole), None, 1.0)
                )
                is None
            ):
                start = self._hits[position].passage.start
                spans += [Span(position, start + unit.start, start + unit.end) for unit in whole]
        if spans:
            return _Best(spans, None)
        if not first:
            groups += [list(at)] if len(at) > 1 else [[*at, *self._beside(at[0])]] if at else []
        for group in groups:
            if spans and len(group) > 1:
                break
            said = says([self._of(position) for position in group], claim, known)
            if (
                not said.units
                and said.fault in ("no_support", "condition")
                and said.nearest is not None
                and self._follows(group, text)
            ):
                said = replace(said, units=(said.nearest,), fault=None)
            fault = said.fault if not said.units else self._objection(text, opening, claim, known, group, said)
            if fault is None and said.nearest is None and not self._follows(group, text, also=True):
                fault = "meaning"
            if fault is not None:
                faults.append((said.close, fault))
                continue
            for n, unit in said.units:
                start = self._hits[group[n]].passage.start
                spans.append(Span(group[n], start + unit.start, start + unit.end))
            if first:
                break
        return _Best(spans, max(faults, default=(0.0, None), key=lambda fault: fault[0])[1])

    def _beside(self, at: int) -> list[int]:
        """Other passages of the same section or table."""
        mine = self._hits[at].passage
        return [
            n
            for n, hit in enumerate(self._hits)
            if n != at and hit.passage.document_id == mine.document_id and hit.passage.section == mine.section
        ]

    def _objection(
        self, text: str, opening: Opened, claim: Reading, known: Known, at: Sequence[int], said: Said
    ) -> Fault | None:
        """Why a sentence that the passages seem to say is not to be shown all the same."""
        units = [unit for _, unit in said.units]
        passages = [self._hits[at[n]].passage for n in dict.fromkeys(n for n, _ in said.units)]
        texts = "\n".join(passage.text for passage in passages)
        if len(passages) == 1 and (altered := rearranged(claim, units)) is not None:
            return altered
        if foreign(text, [*(f"{p.text}\n{p.context}\n{p.url or ''}" for p in passages)], self.allowed):
            return "markup"
        if not all(letters(quote) in letters(texts) for quote in quotes(text)):
            return "quote"
        if any(instructing(self._hits[at[n]].passage.text, unit.start, unit.end) for n, unit in said.units):
            return "instruction"
        if not self._follows_on and any(self._numbered(at[n], unit) not in (0, self._item) for n, unit in said.units):
            return "number"
        if another(self._question_read, claim, units):
            return "subject"
        if not all(self._current(at[n], text, claim) for n, _ in said.units):
            return "superseded"
        if opening.answer is not None:
            around = [unit for n, _ in said.units for unit in self._of(at[n]).units]
            return None if agrees(opening.answer, claim, units, self._question_read, around) else "answer"
        return None

    def _numbered(self, at: int, unit: Unit) -> int:
        """The number that the document gives to an item of a list; 0 for none."""
        text = self._hits[at].passage.text
        before = _NUMBER_BEFORE.search(text, max(unit.start - 8, 0), unit.start) or _NUMBER.match(text, unit.start, unit.end)
        return int(before[1]) if before else 0

    def _current(self, position: int, text: str, claim: Reading) -> bool:
        passage = self._hits[position].passage
        return not outdated(passage, [hit.passage for hit in self._hits]) or says_when(
            text, claim, passage, self._question_read
        )

    def _follows(self, at: Sequence[int], text: str, *, also: bool = False) -> bool:
        """What the entailment model says, where there is one; `also`: what it is asked besides, so that none is no veto."""
        if self._entails is None:
            return also
        passages = [self._hits[position].passage for position in at]
        return self._entails("\n".join(f"{p.context}\n{p.text}".strip() for p in passages), text)

    def _said(self, span: Span) -> str:
        passage = self._hits[span.hit].passage
        return passage.text[span.start - passage.start : span.end - passage.start]


@dataclass(frozen=True, slots=True)
class _Best:
    spans: list[Span]
    fault: Fault | None


_UNKNOWN = frozenset(("no_support", "no_citation", "condition"))


def check(sentence: str, hits: Sequence[Hit]) -> Checked:
    """Decides about one sentence, without a question; nothing is put in the place of one that falls."""
    return Gate(hits, policy="repair").check(sentence)
