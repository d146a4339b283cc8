"""From a question in its conversation to the texts that are searched for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.domain import Hit, Message, Question
from rag.search import intent
from rag.search.position import item, position
from rag.search.readings import plain
from rag.search.renamed import renamed
from rag.search.swap import asks_of_before
from rag.search.turn import LONGEST, Turn, asks, gives_context, still_failing, tidy, understand
from rag.text.term_coverage import word_set
from rag.text.tokens import is_chinese

__all__ = ["former", "goes_on", "is_follow_up", "readings", "rewrite", "said_already", "settle", "tidy", "without_last"]

_BACK = 4  # messages back to which the topic of a chain of follow-ups is looked for
_UNFINISHED = 4  # words
_ALIKE = 0.5  # of an answer's words
_TELLING = 8  # characters; fewer stand in any text
_ASKED_BACK = re.compile(r"[?？]\s*$")


def rewrite(question: Question) -> str:
    """The best single text to search for: the first of `readings`."""
    return readings(question)[0]


def readings(question: Question) -> tuple[str, ...]:
    """What is searched, the best single text first: what an LLM made of the question, where one did; else by rules.

    A new question has one reading, its own words. A follow-up has several, which are searched and fused: the item of the last
    answer that it asks for, the former question with another name in it, the thing that was spoken of with what is asked now;
    and the message after the user's last one, after the question that this one followed itself, after the first and the last,
    and as it stands.
    """
    if question.condensed is not None and question.condensed.text:
        return (question.condensed.text,)
    question = settle(question)
    turn, before, last = (
        understand(intent.without_courtesy(question.text)),
        _earlier(question.history),
        _answer(question.history),
    )
    if not before:
        return (turn.text,)
    if turn.kind == "follow_up" and (wanted := item(turn.text, last)) is not None:
        return _distinct([wanted], [before[-1], wanted], [before[-1], turn.text])
    if turn.kind == "new":
        return (turn.text,)
    after_last = [before[-1], turn.text]
    if turn.kind == "open" and not _ASKED_BACK.search(last.splitlines()[0] if last else ""):
        return _distinct([turn.text], after_last)
    standing = _standing(before)
    named = [[one] for one in renamed(standing, turn)]
    if named and turn.text not in named[0][0]:  # another thing in the former question: with the former name in it, it is two
        return _distinct(*named, [turn.text])
    chain = [[standing, turn.text]] if understand(before[-1]).kind == "follow_up" else []
    return _distinct(*named, *chain, after_last, [before[0], *after_last], [turn.text])


def said_already(question: Question) -> tuple[str, ...]:
    """Lines of the last answer that are no answer now: it did not help, or the same is asked of another thing."""
    turn, before = understand(question.text), _earlier(question.history)
    if not before or turn.kind == "new" or (question.condensed is not None and question.condensed.text):
        return ()
    named = renamed(_standing(before), turn)
    if not still_failing(turn.text) and not (named and turn.text not in named[0]):
        return ()
    return _last_lines(question)


def _last_lines(question: Question) -> tuple[str, ...]:
    """Lines of the last answer that are long enough to be known again."""
    return tuple(line for one in _answer(question.history).splitlines() if len(line := plain(one)) >= _TELLING)


def former(question: Question) -> tuple[str, Turn] | None:
    """What the conversation is about, and the message after it; None where nothing was said before, or a place in the last
    answer is asked for."""
    question = settle(question)
    turn, before = understand(intent.without_courtesy(question.text)), _earlier(question.history)
    return (_standing(before), turn) if before and position(turn.text) is None else None


def without_last(question: Question) -> Question | None:
    """The user's last message before this one, as it was asked in its time; None for the first."""
    last = next((at for at in reversed(range(len(question.history))) if question.history[at].role == "user"), None)
    if last is None:
        return None
    return replace(question, text=question.history[last].content, history=question.history[:last], condensed=None)


def goes_on(question: Question, hits: Sequence[Hit]) -> bool:
    """Whether a place in the last answer is asked for, and a hit is what that answer was taken from; or a former time is, and
    a hit says of it what that answer says of today."""
    if not question.history:
        return False
    if position(question.text) is None:
        return asks_of_before(question.text) and any(_alike(_answer(question.history), hit.passage.text) for hit in hits[:1])
    lines = _last_lines(question)
    return bool(lines) and any(sum(line in plain(hit.passage.text) for line in lines) * 2 >= len(lines) for hit in hits)


def _alike(answer: str, text: str) -> bool:
    """Whether a passage is worded as an answer was: another version of it."""
    answer_words, stands = word_set(answer), word_set(text)
    return bool(answer_words) and len(answer_words & stands) >= _ALIKE * len(answer_words)


def is_follow_up(question: Question) -> bool:
    """Whether, by the rules, it says too little without the conversation before it."""
    question = settle(question)
    return understand(question.text).kind != "new" and bool(_earlier(question.history))


def settle(question: Question) -> Question:
    """The question with what was written just before it to introduce it; what was stopped before it is left out.

    Chat clients send two messages in a row after a reply that was stopped or failed: the former is a question of its own, and
    stays in the history only where the last one needs it. `hi`, `my camera`, `won't connect` are one question.
    """
    history = question.history
    start = len(history)
    while start and history[start - 1].role != "assistant":
        start -= 1
    pending = [message.content for message in history[start:] if message.role == "user"]
    if not pending:
        return question
    needed, text = _joined([*pending, question.text])
    kept = [message for message in history[start:] if message.role == "system"]
    return replace(question, text=text, history=(*history[:start], *kept, *(Message("user", one) for one in needed)))


def _joined(messages: Sequence[str]) -> tuple[list[str], str]:
    """Messages in a row: a former question that the last one needs, or none; and the last one with what introduces it."""
    text, *before = [text for text in reversed(messages) if text.strip()] or [""]
    for former in before:
        if intent.of(former) is not None:
            continue
        kind = understand(text).kind
        if asks(former) and not (_unfinished(former) and kind != "new"):
            return ([former] if kind == "follow_up" else []), text
        if kind == "new" and not gives_context(former):
            break
        text = f"{former}\n{text}"
    return [], text


def _unfinished(text: str) -> bool:
    """`Is the C2`, sent before the rest of the sentence."""
    return not _ASKED_BACK.search(text) and not is_chinese(text) and len(text.split()) <= _UNFINISHED


def _earlier(history: Sequence[Message]) -> list[str]:
    """The user's messages before, oldest first, each on one line; small talk left out."""
    lines: list[str] = []
    run: list[str] = []
    for message in (*history, Message("assistant", "")):
        if message.role == "user":
            run.append(message.content[:LONGEST])
        elif message.role == "assistant" and run:
            needed, text = _joined(run)
            lines += [line[:LONGEST] for one in (*needed, text) if (line := tidy(one)) and intent.of(line) is None]
            run = []
    return lines


def _answer(history: Sequence[Message]) -> str:
    """The last reply; '' where there is none."""
    return next((message.content for message in reversed(history) if message.role == "assistant"), "")


def _standing(before: Sequence[str]) -> str:
    """What the conversation is about: the last whole question, with what the follow-ups to it changed."""
    standing = ""
    for text in before[-_BACK:]:
        turn = understand(text)
        if not standing or turn.kind == "new":
            standing = text
        elif turn.kind == "follow_up" and not (names := renamed(standing, turn)):
            standing = f"{standing} {text}"
        elif turn.kind == "follow_up" and text not in names[0]:  # another thing; another aspect of it changes nothing
            standing = names[0]
    return standing


def _distinct(*parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(dict.fromkeys(part)) for part in parts))
