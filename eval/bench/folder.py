"""A made-up folder of documents in both languages, and a library over it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.folder import Summary, ingest_paths
from ingest.pipeline import Pipeline
from rag.ports import Embedder
from rag.settings import load
from rag.wiring import Application, open_application

_SUBJECTS = "摄像机 门铃 传感器 主机 账号 订阅 固件 云录像 路由器 存储卡".split()
_VERBS = "重启 升级 绑定 分享 重置 检查 更换 充电 校准 关闭".split()
_NOUNS = "camera doorbell sensor hub account plan firmware recording router card".split()
_ACTS = "restart update pair share reset check replace charge calibrate disable".split()


def section(seed: int, sentences: int = 12) -> str:
    """A section of about 200 tokens, every other one in Chinese; the same seed, the same text."""
    rng, lines = random.Random(seed), list[str]()
    for _ in range(sentences):
        number = rng.randrange(1000)
        if seed % 2:
            lines.append(
                f"如果{rng.choice(_SUBJECTS)}没有反应，请先{rng.choice(_VERBS)}，等待 {number} 秒后再{rng.choice(_VERBS)}一次。"
            )
        else:
            what, first, then = rng.choice(_NOUNS), rng.choice(_ACTS), rng.choice(_ACTS)
            lines.append(f"When the {what} stops, {first} it, wait {number} seconds and {then} again. ")
    return "".join(lines).strip()


def document(number: int, sections: int, changed: int | None = None) -> str:
    """`changed`: this section says something else."""
    parts = [f"# Manual {number}"]
    for at in range(sections):
        text = section(number * 1000 + at) + (" A sentence was added here last night." if at == changed else "")
        parts.append(f"## Chapter {number}.{at}\n\n{text}")
    return "\n\n".join(parts)


def fill(folder: Path, count: int, sections: int) -> None:
    """`count` documents of so many sections each, as Markdown files in a new folder."""
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.md").write_text(document(number, sections), encoding="utf-8")


@contextmanager
def application_over(folder: Path, model: Embedder) -> Iterator[Application]:
    """A library in that data folder, closed afterwards."""
    application = open_application(load(env={}, overrides={"data_dir": str(folder)}), embedder=model)
    try:
        yield application
    finally:
        application.close()


def ingested(folder: Path, application: Application) -> Summary:
    """As `xiansou ingest FOLDER`."""
    return ingest_paths(
        [folder],
        application.ledger,
        lambda: Pipeline(application.ledger, application.views.writing, application.settings),
        application.settings,
    )
