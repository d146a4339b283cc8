"""An answer worded by an LLM: its text, guarded, cut into sentences, each held until the gate has decided."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from rag.answering.check import Checked, Gate
from rag.answering.gate.cut import MARKER, sentences
from rag.answering.gate.pieces import is_item
from rag.answering.generate import Backend, Running
from rag.answering.guards import Loop, fault_of, without_reasoning
from rag.answering.inbox import Pause
from rag.answering.prompt import NO_ANSWER, go_on
from rag.answering.read import Messages
from rag.domain import Claim, Language, Reason, Usage
from rag.domain.grounding import Fault
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.errors import UpstreamError

_ENDED = re.compile(r"[。！？!?.…:：;；][\"'”’」』）)\]】*_`]*(?:\s*[\[【][\d,，、 ]+[\]】])*[。.]?\s*$")
_NO_WORD = re.compile(r"\W+")
_LONGEST = 100_000  # characters, after which a text has no end
_MOST_SENTENCES = 300
_LOST_ITEMS: dict[Language, str] = {
    "zh": "（这个列表有条目未能在文档中核实，已略去。）",
    "en": "(This list lacks items that the documents do not confirm.)",
}
_MIN_LEFT_S = 1.0  # a text that was cut is only continued while there is so much time

Stage = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Until when (`time.monotonic()`), for whom, and with which sampling: see `Backend.run`."""

    deadline: float
    first_by: float
    gone: threading.Event | None
    sampling: Sampling = DEFAULT_SAMPLING
    fair: bool = True


class Writing:
    """One backend's try at an answer. Iterate for the claims that passed; afterwards the rest says how it went.

    Attributes:
        refused: why there is no answer, None when there is one.
        failed: whether the backend did not do its part, so that another one may be tried.
        cut: whether the text ends before its end.
        checked: the verdict on each sentence, in order.
        raw: the text as the backend wrote it.
    """

    def __init__(self, backend: Backend, messages: Messages, gate: Gate, language: Language, limits: Limits, stage: Stage):
        self._backend, self._messages, self._gate, self._language = backend, messages, gate, language
        self._limits, self._stage = limits, stage
        self.refused: Reason | None = None
        self.failed = self.cut = False
        self.checked: list[Checked] = []
        self.raw = ""
        self.usage = Usage()
        self._ended = self._finish = ""
        self._said: set[str] = set()

    def __iter__(self) -> Iterator[Claim | Pause]:
        """What passed; a phrase that claims nothing waits until something else has passed. Pauses where it is silent."""
        held, plain, passed, lost = list[Claim](), list[Claim](), 0, 0
        try:
            for text in sentences(self._deltas()):
                if isinstance(text, Pause):
                    yield text
                    continue
                checked = self._check(text)
                self.checked.append(checked)
                if checked.fault == "no_answer" and not passed:
                    break
                lost += checked.claim is None and is_item(text)
                if self._gate.policy == "refuse":
                    if checked.claim is None and checked.text:
                        held.clear()
                        break
                    held += [checked.claim] if checked.claim else []
                elif checked.verdict == "no_claim" and checked.claim is not None:
                    plain.append(checked.claim)
                elif checked.claim is not None:
                    passed += 1
                    yield from [*plain, checked.claim]
                    plain.clear()
        except UpstreamError:
            self.failed = self.cut = True
        for claim in held:
            passed += 1
            yield claim
        if passed:
            yield from plain
            if lost:
                yield Claim(_LOST_ITEMS[self._language], ())
        else:
            self._refuse()

    def _refuse(self) -> None:
        faults = {checked.fault for checked in self.checked}
        if self.failed:
            self.refused = "backend_unavailable"
        elif self._finish == "deadline":
            self.refused, self.failed = "deadline", True
        elif "no_answer" in faults:
            self.refused = "no_relevant_content"
        else:
            self.refused = "low_grounding"  # what comes next in the chain may do better; quoting always does
            self.failed = (
                self._gate.policy != "refuse" or not self.raw.strip() or faults <= {"garbled", "repetition", "truncated"}
            )

    def _check(self, text: str) -> Checked:
        with self._stage("check"):
            if NO_ANSWER in text:
                return Checked("", None, "no_answer")
            if self._ended and not self._finish and not (_ENDED.search(text) or MARKER.search(text)):
                self.cut = True  # the backend never said that it was done
            if self._ended and self.cut and not _ENDED.search(text):
                return Checked(text, None, "truncated")
            if (plain := _NO_WORD.sub("", MARKER.sub("", text)).lower()) in self._said and plain:
                return Checked(text, None, "repetition")
            self._said.add(plain)
            fault: Fault | None = fault_of(text, self._gate.known, self._messages[0]["content"])
            return Checked(text, None, fault) if fault else self._gate.check(text)

    def _deltas(self) -> Iterator[str | Pause]:
        yield from without_reasoning(self._pieces())
        self._ended = "yes"

    def _pieces(self) -> Iterator[str | Pause]:
        """The text; one that was cut at the backend's length, not at the request's own, is continued once."""
        yield from self._piece(self._messages)
        ours = self._limits.sampling.max_tokens is None
        if ours and self._finish == "length" and time.monotonic() + _MIN_LEFT_S < self._limits.deadline:
            try:
                yield from self._piece([*self._messages, *go_on(self.raw, self._language)])
            except UpstreamError:
                self._finish = "length"
        silent = not self._finish and getattr(self._backend.generator, "tells_end", False)
        self.cut = self.cut or silent or self._finish in ("length", "deadline", "loop", "endless")

    def _piece(self, messages: Messages) -> Iterator[str | Pause]:
        limits, loop = self._limits, Loop()
        running: Running = self._backend.run(
            messages,
            deadline=limits.deadline,
            first_by=limits.first_by if not self.raw else None,
            gone=limits.gone,
            sampling=limits.sampling,
            fair=limits.fair,
        )
        deltas, self._finish = running.steps(), ""
        while True:
            with self._stage("generate"):
                while isinstance(delta := next(deltas, None), Pause):
                    yield delta
            if delta is None:
                break
            self.raw += delta
            yield delta
            if len(self.raw) > _LONGEST or len(self.checked) > _MOST_SENTENCES:
                self._finish = "endless"
                deltas.close()
                break
            if loop.feed(delta):
                self._finish = "loop"
                deltas.close()
                self.checked.append(Checked("", None, "repetition"))
                break
        self._finish = self._finish or running.finish_reason or ""
        self.usage = self.usage + running.usage
