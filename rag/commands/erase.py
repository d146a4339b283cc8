"""`erase --visitor`."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.errors import InputError
from rag.runtime.console import ConfigOption, JsonOption, emit, load_settings


def erase(
    visitor: Annotated[
        str, typer.Option("--visitor", help="As your site called them when it made their token; or `widget:KEY/visitor`.")
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase what a visitor asked and was answered, with feedback, hand-offs and remembered conversations."""
    from rag.answering.conversation import Conversations
    from rag.record.erase import clean_log
    from rag.record.erase_visitor import erase_visitor
    from rag.runtime.remote import Remote
    from rag.runtime.stores import adopt_redis
    from rag.wiring import open_ledger

    if not visitor.strip():
        raise InputError("a visitor has a name.", field="--visitor", fix="Take the id that your site gave.")
    settings = load_settings(config)
    ledger = open_ledger(settings)
    done = erase_visitor(ledger.engine, visitor)
    clean_log(ledger.engine)
    known = Conversations(
        Remote(lambda: adopt_redis(settings), "conversations end by themselves"), ledger.engine, settings.conversation
    )
    for owner, conversation_id in done.conversations:
        known.forget(owner, conversation_id)
    counts = {"answers": done.answers, "feedback": done.feedback, "handoffs": done.handoffs}
    counts["conversations"] = len(done.conversations)
    if as_json:
        emit({"erased": {"visitor": visitor} | counts})
        return
    print(f"erased of {visitor}: {', '.join(f'{count} {name}' for name, count in counts.items())}")
    days = settings.conversation.lifetime_s / 86_400
    print(f"Conversations whose answers are not kept end by themselves, after {days:g} days at most.")
