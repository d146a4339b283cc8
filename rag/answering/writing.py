"""An answer worded by an LLM: its text, guarded, cut into sentences, each held until the gate has decided."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from rag.answering.check import MARKER, Checked, Gate, sentences
from rag.answering.generate import Backend, Messages, Running
from rag.answering.guards import Loop, fault_of, without_reasoning
from rag.answering.prompt import NO_ANSWER, go_on
from rag.domain import Claim, Language, Reason, Usage
from rag.errors import UpstreamError
from rag.grounding import Fault
from rag.sampling import AS_TOLD, Sampling

_ENDED = re.compile(r"[。！？!?.…:：;；][\"'”’」』）)\]】*_`]*(?:\s*[\[【][\d,，、 ]+[\]】])*[。.]?\s*$")
_NO_WORD = re.compile(r"\W+")
_MIN_LEFT_S = 1.0  # a text that was cut is only continued while there is so much time

Stage = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Until when (`time.monotonic()`), for whom, and with which sampling: see `Backend.run`."""

    deadline: float
    first_by: float
    gone: threading.Event | None
    sampling: Sampling = AS_TOLD


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

    def __iter__(self) -> Iterator[Claim]:
        held, passed = list[Claim](), 0
        try:
            for text in sentences(self._deltas()):
                checked = self._check(text)
                self.checked.append(checked)
                if checked.fault == "no_answer":
                    break
                if self._gate.policy == "refuse":
                    if checked.claim is None and checked.text:
                        held.clear()
                        break
                    held += [checked.claim] if checked.claim else []
                elif checked.claim is not None:
                    passed += 1
                    yield checked.claim
        except UpstreamError:
            self.failed = self.cut = True
        for claim in held:
            passed += 1
            yield claim
        if not passed:
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
            self.refused = "low_grounding"
            self.failed = not self.raw.strip() or faults <= {"garbled", "repetition", "truncated"}

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

    def _deltas(self) -> Iterator[str]:
        yield from without_reasoning(self._pieces())
        self._ended = "yes"

    def _pieces(self) -> Iterator[str]:
        """The text; one that was cut at the backend's length, not at the request's own, is continued once."""
        yield from self._piece(self._messages)
        ours = self._limits.sampling.max_tokens is None
        if ours and self._finish == "length" and time.monotonic() + _MIN_LEFT_S < self._limits.deadline:
            try:
                yield from self._piece([*self._messages, *go_on(self.raw, self._language)])
            except UpstreamError:
                self._finish = "length"
        self.cut = self.cut or self._finish in ("length", "deadline", "loop")

    def _piece(self, messages: Messages) -> Iterator[str]:
        limits, loop = self._limits, Loop()
        running: Running = self._backend.run(
            messages,
            deadline=limits.deadline,
            first_by=limits.first_by if not self.raw else None,
            gone=limits.gone,
            sampling=limits.sampling,
        )
        deltas, self._finish = iter(running), ""
        while True:
            with self._stage("generate"):
                delta = next(deltas, None)
            if delta is None:
                break
            self.raw += delta
            yield delta
            if loop.feed(delta):
                self._finish = "loop"
                deltas.close()  # type: ignore[attr-defined]
                self.checked.append(Checked("", None, "repetition"))
                break
        self._finish = self._finish or running.finish_reason or ""
        self.usage = self.usage + running.usage
