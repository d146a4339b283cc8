"""When a whole document holds: front matter, the line that opens it, the edition in its file's name."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.chunk import chunk
from ingest.in_force import with_validity
from ingest.parse import parse


def fields(text: str, name: str = "rules.md") -> list[dict[str, Any]]:
    parsed = parse(text.encode(), filename=name, mime_type=None)
    chunks = tuple(chunk(parsed, count_tokens=lambda texts: [len(one) for one in texts], max_tokens=400, title=parsed.title))
    return [dict(one.fields) for one in with_validity(parsed, chunks, parsed.title, name)]


@pytest.mark.parametrize(
    ("text", "name", "held"),
    [
        ("---\nvalid_from: 2024-04-01\nvalid_until: 2025-12-31\n---\n# Lunch\n\nIt is 42 euros.\n", "a.md",
         {"valid_from": "2024-04-01", "valid_until": "2025-12-31"}),
        ("---\neffective-date: 1 May 2026\n---\n# Lunch\n\nIt is 42 euros.\n", "a.md", {"valid_from": "2026-05-01"}),
        ("# 差旅办法\n\n版次：2025版　施行日期：2025 年 7 月 1 日起\n\n## 餐补\n\n每天 80 元。\n", "a.md",
         {"valid_from": "2025-07-01"}),
        ("# Travel rules\n\nIn force until 30 June 2025\n\n## Meals\n\n80 euros a day.\n", "a.md",
         {"valid_until": "2025-06-30"}),
        ("# 差旅办法\n\n## 餐补\n\n每天 80 元。\n", "差旅办法（2025版）.md", {"valid_from": "2025-01-01"}),
    ],
)  # fmt: skip
def test_the_period_of_a_whole_document(text: str, name: str, held: dict[str, str]) -> None:
    assert all(one == held for one in fields(text, name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("---\ndate: 2024-04-01\nupdated: 2025-01-01\n---\n# Lunch\n\nIt is 42 euros.\n", "a.md"),
        ("# Lunch\n\nThe canteen has been open since the house was finished in 2019 and is popular with everyone.\n", "a.md"),
        ("# Lunch rules (2026 edition)\n\nIt is 42 euros.\n", "lunch-2024.md"),
        ("# Lunch\n\nIt is 42 euros.\n", "a.md"),
    ],
)  # fmt: skip
def test_a_day_of_writing_is_no_period_and_the_title_goes_before_the_file(text: str, name: str) -> None:
    assert all(not one for one in fields(text, name))
