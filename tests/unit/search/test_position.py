from __future__ import annotations

import pytest

from rag.search.position import item, items, position

STEPS = "Pairing takes a minute. [1]\n1. Open the app. [1]\n2. Scan the code. [1]\n3. Wait for the chime. [1]"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("那第二个呢", 2),
        ("第三步是什么？", 3),
        ("What's step 3?", 3),
        ("the second one?", 2),
        ("2", 2),
        ("选2", 2),
        ("最后一个呢", -1),
        ("step three please", 3),
        ("第十二步", 12),
        ("the last one", -1),
        ("option 2", 2),
        ("the 4th point", 4),
    ],
)
def test_a_place_in_the_answer(text, place):
    assert position(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "怎么退款",
        "第二个月怎么收费",
        "2023",
        "第二代支持吗",
        "How do I reset it?",
        "two users",
        "第3个工作日",
        "one more question",
    ],
)
def test_no_place(text):
    assert position(text) is None


def test_the_item_at_a_place_with_what_else_is_asked():
    assert items(STEPS) == ["Open the app.", "Scan the code.", "Wait for the chime."]
    assert item("What is step 2?", STEPS) == "Scan the code."
    assert item("the last one", STEPS) == "Wait for the chime."
    assert item("step 2 fails, why?", STEPS) == "Scan the code. fails, why?"
    assert item("step 9", STEPS) is None
    assert item("那第二个呢", "只有一句话。") is None
    assert item("第二个", "- 黑色 [1]\n- 白色 [1]") == "白色"
