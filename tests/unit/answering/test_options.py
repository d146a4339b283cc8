from __future__ import annotations

import pytest

from rag.answering.chat import chat_handoff, chat_text
from rag.answering.options import distinct, option_of
from rag.domain import Passage, Question


def passage(kind="text", section=(), context="", title="", **fields):
    return Passage(1, "d", 1, title, None, None, "default", section, kind, "text", context, 0, 4, fields, {})


@pytest.mark.parametrize(
    ("told", "option"),
    [
        (passage(section=("Parcels", "Parcel costs")), "Parcel costs"),
        (passage(section=("2. Parcels", "3.1 **Abroad**")), "Parcels · Abroad"),
        (passage(title="Parcels", section=("Holidays",)), "Parcels · Holidays"),
        (passage("faq", context="Help\nWhat does a parcel cost?"), "What does a parcel cost?"),
        (passage("case", context="T-10071 · H1 · 2.3", symptom="Parcel was empty"), "Parcel was empty"),
        (passage("case", context="T-10071 · parcel · 2.3"), ""),
        (passage(section=("T-20045 · Parcel lost",)), "Parcel lost"),
        (passage(section=("[KB-1204]",), title="parcels.md"), ""),
        (passage(title="help/parcels.html"), ""),
        (passage(section=("Colours",)), ""),
    ],
)
def test_an_option_is_in_a_customers_words_and_holds_what_was_asked(told, option):
    assert option_of(told, ("parcel",)) == option


def test_options_differ_in_their_words_and_say_more_than_the_question():
    assert distinct(["Parcel costs", "parcel costs?", "Parcels", "Parcels abroad"], "parcel?") == (
        "Parcel costs",
        "Parcels abroad",
    )


def test_a_profile_has_its_own_words_for_small_talk():
    assert chat_text("greeting", "en", {"greeting": "Ahoy!"}) == "Ahoy!"
    assert chat_text("thanks", "zh", {"greeting": "Ahoy!"}).startswith("不客气")


def test_a_person_is_told_what_was_wished_for():
    told = chat_handoff("complaint", Question("我要投诉"), "user: 怎么退款")
    assert (told.suggested, told.reason, told.question, told.summary) == (True, "complaint", "我要投诉", "user: 怎么退款")
    assert not chat_handoff("thanks", Question("谢谢"), None).suggested
