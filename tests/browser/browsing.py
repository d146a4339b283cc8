"""What the browser tests share: documents, and what a visitor does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}

KETTLE = """# Kettle

## Descale it

1. Fill the kettle with vinegar.
2. Boil it once.
3. Rinse it twice.

## Sizes

| Model | Litres | Watts |
| --- | --- | --- |
| Teo | 1.2 | 1500 |
| Teo Grand | 1.8 | 2200 |
| Mini | 0.6 | 900 |
"""
DOCUMENTS = {"kettle.md": KETTLE, "shuihu.md": "# 电水壶\n\n## 除垢\n\n往壶里倒白醋，烧开一次，再用清水冲洗两遍。\n"}


def opened(page: Any, url: str) -> Any:
    page.goto(url)
    page.get_by_role("button", name="Open the chat").or_(page.get_by_role("button", name="打开客服对话")).click()
    return page.locator("xiansou-chat")


def ask(page: Any, question: str) -> Any:
    """Asks by keyboard and waits; the last reply."""
    page.locator("xiansou-chat textarea").first.fill(question)
    page.keyboard.press("Enter")
    page.locator("xiansou-chat:not([data-busy]) .theirs .text").last.wait_for()
    return page.locator("xiansou-chat .theirs").last


def serious(page: Any) -> list[str]:
    """Findings of axe that are serious or worse, by WCAG 2.2 AA and good practice."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
