"""Bold questions over lists of steps."""

from __future__ import annotations

from ingest.chunk import chunk
from ingest.parse.dispatch import parse
from ingest.statements import with_statements

PAGE = """# 常见问题

**可以带宠物吗？**
可以，最多两只。

**怎么改签？**
1. 打开小程序，点“我的订单”。
2. 选中航班，点“改签”。
3. 选新日期并付差价。
"""


def test_the_last_question_keeps_all_its_steps() -> None:
    parsed = parse(PAGE.encode(), filename="a.md", mime_type=None)
    chunks = with_statements(parsed, chunk(parsed, count_tokens=len, title=parsed.title))
    entry = next(one for one in chunks if one.context.endswith("怎么改签？"))
    said = "\n".join(parsed.text[one.start : one.end] for one in entry.statements)
    assert "我的订单" in said and "选中航班" in said and "付差价" in said
    assert [one.kind for one in chunks] == ["faq", "faq"]
