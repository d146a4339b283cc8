from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.models.text import encodable


def test_lone_surrogates_become_the_replacement_character_and_pairs_are_joined() -> None:
    assert encodable("a\ud800b") == "a\ufffdb"
    assert encodable("\udc00") == "\ufffd"
    assert encodable("x\ud83d\ude00") == "x😀"


@given(st.text(st.characters()))
def test_anything_can_be_encoded_afterwards_and_good_text_is_untouched(text: str) -> None:
    encodable(text).encode()
    good = text.encode("utf-8", "replace").decode()
    assert encodable(good) == good
