"""The way to a person: the help desk is told who waits, and where a person has taken over the assistant is silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine

from rag.answering.record import AnswerTrace, Reuse, new_id
from rag.domain import Answer, Question, Usage
from rag.domain.grounding import Handoff
from rag.record.feed import now
from rag.record.handoffs import ANYBODY, Handoffs, Kind, Takeover
from rag.record.serializers import iso_time
from rag.settings.handoff import HandoffSettings
from rag.settings.profiles import DEFAULT_PROFILE

ACTIVE = "agent_active"  # `handoff.reason` of what the assistant does not answer
_ASKED = ("person", "complaint")


class Desk:
    """Safe for threads."""

    def __init__(self, engine: Engine, settings: HandoffSettings):
        self.queue, self._settings = Handoffs(engine), settings

    def heard(self, question: Question, answer: Answer) -> None:
        """Tells the help desk of an answer after which a person is wanted."""
        wants_person = answer.intent in _ASKED
        if not self._settings.url or not (wants_person or (self._settings.when == "suggested" and answer.handoff.suggested)):
            return
        over = answer.handoff
        self.request(
            question.owner,
            question.conversation_id,
            {
                "reason": over.reason or answer.intent,
                "question": question.text,
                "summary": over.summary,
                "answer_id": answer.answer_id,
                "status": answer.status,
                "passages": [dict(one) for one in over.passages],
            },
        )

    def request(self, owner: str, conversation_id: str | None, details: Mapping[str, Any]) -> str:
        """Somebody waits for a person; returns the id of the hand-off."""
        return self._put("handoff.requested", owner, conversation_id, details)

    def taken(self, question: Question) -> Takeover | None:
        """The person who answers in the question's conversation; None: the assistant does."""
        if question.conversation_id is None:
            return None
        key, visitor = _key_of(question.owner)
        return self.queue.taken(question.conversation_id, key, visitor)

    def silent(self, question: Question, head: Callable[[], int], keep: Callable[[AnswerTrace], None]) -> Answer | None:
        """An empty reply where a person has taken over, who is told what was said; None: the assistant answers."""
        taken = self.taken(question)
        if taken is None:
            return None
        answer = Answer(
            answer_id=new_id(),
            conversation_id=question.conversation_id,
            status="chat",
            reason=None,
            answer="",
            citations=(),
            handoff=Handoff(False, ACTIVE, question.text),
            index_version=head(),
            generator="agent",
            usage=Usage(),
            timings_ms={},
            profile=question.profile or DEFAULT_PROFILE,
        )
        said = {"message": question.text, "agent": taken.agent, "answer_id": answer.answer_id}
        self._put("conversation.message", question.owner, question.conversation_id, said)
        keep(AnswerTrace(question, question.text, (), (), "", (), answer, Reuse()))
        return answer

    def _put(self, kind: Kind, owner: str, conversation_id: str | None, details: Mapping[str, Any]) -> str:
        body = {"at": iso_time(now()), "conversation_id": conversation_id, "visitor": _key_of(owner)[1], **details}
        return self.queue.put(kind, owner, conversation_id, body, send=bool(self._settings.url))


def _key_of(owner: str) -> tuple[str, str | None]:
    """(key, visitor) of an owner: `widget:KEY/visitor`, `key:KEY`, `jwt:SUB/…`, "" on loopback."""
    kind_and_id, _, visitor = owner.partition("/")
    return kind_and_id.partition(":")[2] or ANYBODY, visitor or None
