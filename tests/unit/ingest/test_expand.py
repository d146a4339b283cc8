"""Zip archives: every member a document, and no archive that fills memory or names a place outside of itself."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from ingest import sources
from ingest.connectors.files import Files
from ingest.expand import expand
from rag.errors import NotFound, ParseError
from rag.record.ledger import Ledger
from rag.settings import Settings


def zipped(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(ParseError) as caught:
        list(expand(content, "a.zip"))
    assert caught.value.fix
    return caught.value.code


def test_members_are_documents_and_leftovers_are_none() -> None:
    content = zipped(
        ("a.md", b"one"), ("folder/b.txt", b"two"), ("folder/", b""), (".hidden", b"x"), ("__MACOSX/._a.md", b"x"),
        ("inner.zip", zipped(("c.csv", b"q,a"))),
    )  # fmt: skip
    assert list(expand(content, "up/a.zip")) == [
        ("up/a.zip/a.md", b"one"),
        ("up/a.zip/folder/b.txt", b"two"),
        ("up/a.zip/inner.zip/c.csv", b"q,a"),
    ]


def test_names_do_not_lead_out_of_the_archive_and_links_are_not_followed() -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO(zipped(("../../etc/a.txt", b"1"), ("/root/b.txt", b"2"), ("c\\d.txt", b"3")))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    names = [name for name, _ in expand(buffer.getvalue(), "a.zip")]
    assert names == ["a.zip/etc/a.txt", "a.zip/root/b.txt", "a.zip/c/d.txt"]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "big5"])
def test_names_in_the_encoding_of_a_chinese_windows(encoding: str) -> None:
    names = (
        ["使用說明/產品安裝手冊.md", "問題與答案.txt"] if encoding == "big5" else ["使用说明/产品安装手册.md", "问题与答案.txt"]
    )
    built = io.BytesIO()
    with zipfile.ZipFile(built, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(str(number) * len(name.encode(encoding)), b"x")
    data = built.getvalue()  # ASCII names of the same length, replaced: zipfile itself would mark others as UTF-8
    for number, name in enumerate(names):
        data = data.replace(str(number).encode() * len(name.encode(encoding)), name.encode(encoding))
    assert [name for name, _ in expand(data, "a.zip")] == [f"a.zip/{name}" for name in names]


def test_bombs_and_what_cannot_be_opened() -> None:
    assert refused(zipped(("big.txt", bytes(64 * 2**20)))) == "too_large"
    nested = zipped(("a.txt", b"x"))
    for _ in range(4):
        nested = zipped(("deep.zip", nested))
    assert refused(nested) == "unsupported"
    assert refused(b"PK\x03\x04 cut") == "broken"
    assert refused(zipped()) == "empty"
    assert refused(zipped((".DS_Store", b"x"))) == "empty"
    good = bytearray(zipped(("a.txt", b"some words that are here" * 50)))
    good[40] ^= 0xFF
    assert refused(bytes(good)) == "broken"


def test_a_folder_reads_archives_as_folders(tmp_path: Path) -> None:
    (tmp_path / "docs.zip").write_bytes(zipped(("中/a.md", "# 甲".encode()), ("b.txt", b"two")))
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 cut")
    (tmp_path / "c.md").write_bytes(b"three")
    ledger = Ledger.open(f"sqlite:///{tmp_path / '.ledger.db'}")
    try:
        files = sources.name(sources.find([tmp_path]), ledger)
    finally:
        ledger.close()
    assert [file.id for file in files] == ["bad.zip", "c.md", "docs.zip/中/a.md", "docs.zip/b.txt"]
    assert [sources.read(file, 10_000).content for file in files[1:]] == [b"three", "# 甲".encode(), b"two"]
    assert files[2].source == str(tmp_path / "docs.zip" / "中" / "a.md")
    with pytest.raises(ParseError) as caught:
        sources.read(files[0], 10_000)
    assert caught.value.code == "broken"
    with pytest.raises(ParseError) as caught:
        sources.read(files[2], 2)
    assert caught.value.code == "too_large"


def test_a_remembered_folder_reads_archives_as_well(tmp_path: Path) -> None:
    (tmp_path / "docs.zip").write_bytes(zipped(("a.md", b"one")))
    files = Files(str(tmp_path), {}, Settings())
    (item,) = files.items()
    fetched = files.read(item, "")
    assert fetched is not None
    assert (item.key, fetched.content) == ("docs.zip/a.md", b"one")
    (tmp_path / "docs.zip").unlink()
    with pytest.raises(NotFound):
        files.read(item, "")
