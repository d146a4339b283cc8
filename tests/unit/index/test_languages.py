"""A passage is of its document's language."""

from __future__ import annotations

from rag.index.languages import Languages

HAN, LATIN = "打开 设置 页面 选择 网络 保存", "open the settings page choose network save"


def languages(documents: dict[str, list[str]]) -> tuple[Languages, dict[tuple[str, int], int]]:
    """Of documents with their passages' words; ids by (document, place)."""
    ids, rows, told = {}, [], Languages()
    for name, passages in documents.items():
        for place, words in enumerate(passages):
            ids[name, place] = len(ids)
            rows.append((ids[name, place], words, name))
    told.apply(rows, [])
    return told, ids


def test_what_a_translator_left_as_it_was_is_of_the_page_around_it():
    told, ids = languages({"zh/a": [HAN] * 5 + [LATIN], "en/a": [LATIN] * 4})
    assert ids["zh/a", 5] in told.side(True) and ids["zh/a", 5] not in told.side(False)
    assert ids["en/a", 0] in told.side(False)


def test_a_file_with_rows_in_both_languages_is_told_row_by_row():
    told, ids = languages({"faq": [HAN, LATIN, HAN, LATIN, "12 34"]})
    assert told.side(True).tolist() == [ids["faq", 0], ids["faq", 2]]
    assert told.side(False).tolist() == [ids["faq", 1], ids["faq", 3]]


def test_numbers_and_code_are_of_the_page_around_them():
    told, ids = languages({"en/a": [LATIN] * 3 + ["12 34 56"]})
    assert ids["en/a", 3] in told.side(False)


def test_an_edit_may_turn_a_document_round():
    told, _ = languages({"a": [HAN, HAN, LATIN]})
    told.apply([(7, LATIN, "a"), (8, LATIN, "a")], [0, 1])
    assert told.side(True).tolist() == [] and told.side(False).tolist() == [2, 7, 8]
    told.apply([], [2, 7, 8])
    assert told.side(False).tolist() == [] and told.sample(None).tolist() == []


def test_a_sample_is_spread_over_all_and_follows_changes():
    told, _ = languages({f"d{n}": [HAN if n % 2 else LATIN] for n in range(1000)})
    assert len(told.sample(None)) == 256 and told.sample(None)[-1] == 999
    assert all(key % 2 for key in told.sample(True).tolist())
    told.apply([], [999])
    assert 999 not in told.sample(None)
