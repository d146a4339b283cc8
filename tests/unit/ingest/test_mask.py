"""Masking: what is found and what is not, exact citations in the masked text, and undoing it with the key only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as checks
from hypothesis import strategies as st

from ingest import mask
from ingest.personal import KINDS, find, is_bank_card, is_cn_id
from ingest.pipeline import Pipeline
from rag.domain import Block, DocumentInput, Parsed, Question
from rag.errors import ConfigError, InputError
from rag.record.schema import contents, passages, versions
from rag.settings import load
from rag.wiring import Application

KEY = "a key of more than sixteen characters"
ID = "11010519491231002X"  # the example of GB 11643
CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("cn_id", f"身份证{ID}。", ID),
        ("cn_id", "号码：１１０１０５１９４９１２３１００２Ｘ", "１１０１０５１９４９１２３１００２Ｘ"),
        ("mobile", "请拨打13812345678联系", "13812345678"),
        ("mobile", "tel +86 138-1234-5678.", "+86 138-1234-5678"),
        ("mobile", "手机(138 1234 5678)", "138 1234 5678"),
        ("bank_card", f"card {CARD}, thanks", CARD),
        ("bank_card", "卡号6222021234567890128", "6222021234567890128"),
        ("email", "写信到zhang.san+a@mail.example.com.cn。", "zhang.san+a@mail.example.com.cn"),
        ("ip", "from 8.8.8.8:443", "8.8.8.8"),
        ("ip", "登录地址 203.119.25.1，异常", "203.119.25.1"),
        ("ip", "peer 2606:2800:220:1:248:1893:25c8:1946 said", "2606:2800:220:1:248:1893:25c8:1946"),
        ("passport", "护照号码：E12345678", "E12345678"),
        ("passport", "Passport No. G98765432 expired", "G98765432"),
        ("plate", "车牌京A12345停在门口", "京A12345"),
        ("plate", "沪A·D12345 是新能源", "沪A·D12345"),
        ("plate", "粤B12345D", "粤B12345D"),
    ],
)
def test_found(kind: str, text: str, value: str) -> None:
    found = [text[one.start : one.end] for one in find(text, KINDS) if one.kind == kind]
    assert found == [value]


@pytest.mark.parametrize(
    "text",
    [
        "订单号 110105194912310021",  # wrong check digit
        "身份证 110105194913310021",  # no such month
        "编号 23812345678 与 12345678901",  # no mobile prefix
        "序列号 A13812345678B",
        "4111 1111 1111 1112",  # Luhn
        "0000 0000 0000 0000",
        "路由器地址 192.168.1.1，本机 127.0.0.1，版本 v1.2.3.4 与 10.0.0.1",
        "时间 12:30:45，比例 1:2:3",
        "型号 E12345678 与 G98765432",  # no passport without the word
        "京东 A 区，川菜 B 级，沪A",
        "价格 1,381,234.56 元；2026-11-26 13:38:12",
        "someone@localhost, @handle, a@b",
        "the 999.1.1.1 thing",
    ],
)
def test_not_found(text: str) -> None:
    assert find(text, KINDS) == []


def test_checksums() -> None:
    assert is_cn_id(ID)
    assert sum(is_cn_id(ID[:-1] + last) for last in "0123456789X") == 1
    assert sum(is_bank_card(CARD[:-1] + last) for last in "0123456789") == 1


texts = st.lists(
    st.one_of(
        st.text("ab 中，.\n", max_size=12), st.sampled_from([ID, "13812345678", " x@example.com ", CARD, "京A12345", "8.8.4.4"])
    ),
    max_size=8,
).map(" ".join)


@checks(deadline=None, max_examples=150)
@given(texts, st.data())
def test_spans_point_at_the_same_words_and_the_key_gives_them_back(text: str, data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    blocks = tuple(Block(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False) if a < b)
    for key in ("", KEY):
        masked = mask.mask(Parsed(text, blocks), "t", KINDS, key)
        assert find(masked.parsed.text, KINDS) == [], "masking what is masked changes nothing"
        assert sum(masked.counts.values()) == len(find(text, KINDS))
        spans = find(text, KINDS)
        for block, moved in zip(blocks, masked.parsed.blocks, strict=True):
            inside = any(one.start < edge < one.end for one in spans for edge in (block.start, block.end))
            kept = masked.parsed.text[moved.start : moved.end]
            assert kept
            if key and not inside:
                assert mask.unmask(kept, KEY) == text[block.start : block.end]
    assert mask.unmask(masked.parsed.text, KEY) == text


def test_tokens_are_stable_authentic_and_of_one_key() -> None:
    seal, other = mask.sealer(KEY), mask.sealer(KEY + "!")
    token = seal("mobile", "13812345678")
    assert token == seal("mobile", "13812345678") != seal("mobile", "13812345679")
    assert token != other("mobile", "13812345678")
    assert "138" not in token
    for wrong in (token, token.replace("mobile", "email")):
        with pytest.raises(InputError):
            mask.unmask(wrong, KEY if wrong != token else KEY + "!")
    assert mask.unmask("⟦mobile⟧ stays", KEY) == "⟦mobile⟧ stays"
    with pytest.raises(ConfigError):
        mask.sealer("short")


SOURCE = f"# 张三的工单\n\n客户电话 13812345678，身份证 {ID}。\n\n退款已原路退回，请留意 zhang@example.com 的邮件。\n"


@pytest.mark.parametrize("key", ["", KEY])
def test_nothing_of_it_is_stored_and_citations_are_exact(application: Application, key: str) -> None:
    told = load(env={}, overrides={"ingest.mask": ["cn_id", "mobile", "email"], "ingest.mask_key": key})
    pipeline = Pipeline(application.ledger, application.views.writing, told)
    doc = DocumentInput("t.md", SOURCE.encode(), filename="t.md")
    assert pipeline.put(doc).state == "added"
    assert pipeline.put(doc).state == "unchanged", "the writer's bytes identify it, masked or not"
    assert application.ledger.masked("t.md", 1) == {"cn_id": 1, "email": 1, "mobile": 1}
    text = application.ledger.text("t.md", 1)
    with application.ledger.engine.connect() as conn:
        import zlib

        kept = zlib.decompress(conn.execute(contents.select()).one().content).decode()
        stored = str(conn.execute(versions.select()).all()) + str(conn.execute(passages.select()).all()) + kept + text
    for secret in ("13812345678", ID, "zhang@example.com"):
        assert secret not in stored
    answer = application.answerer.answer(Question("退款退回了吗，客户电话是多少"))
    for citation in answer.citations:
        assert citation.cited_text == text[citation.start : citation.end]
    if key:
        assert mask.unmask(text, KEY) == SOURCE
    else:
        assert "⟦mobile⟧" in text


def test_a_re_index_reads_the_masked_text_whatever_the_setting_is_now(application: Application) -> None:
    from ingest.read import read_again
    from rag.record import rebuild

    view = application.views.writing()
    masking = load(env={}, overrides={"ingest.mask": "mobile"})
    Pipeline(application.ledger, application.views.writing, masking).put(
        DocumentInput("a.md", SOURCE.encode(), filename="a.md")
    )
    Pipeline(application.ledger, application.views.writing, application.settings).put(
        DocumentInput("b.md", SOURCE.encode(), filename="b.md")
    )
    for now in (masking, application.settings):
        for _, doc in rebuild.given(application.ledger.engine, ["a.md", "b.md"]):
            read = read_again(doc, view, now)
            assert read.text == application.ledger.text(doc.id, 1)
            assert all(read.text[c.start : c.end] == c.text for c in read.chunks)


def test_titles_headers_phrasings_and_fields_are_masked_too() -> None:
    block = Block(0, 4, "faq", ("电话 13812345678",), "问 13812345678", 0, ("找 13812345678",), {"who": "13812345678"})
    made = mask.mask(Parsed("text", (block,), "13812345678"), "给 13812345678", KINDS)
    assert "138" not in str(made)
    assert made.title == "给 ⟦mobile⟧"
    packed = mask.unpack(mask.pack(made))
    assert packed is not None
    assert packed == (replace(made.parsed, metadata={}), made.title)
    assert mask.unpack(b"# any other file") is None


def test_settings_name_what_is_wrong() -> None:
    for wrong in ({"ingest.mask": "mobil"}, {"ingest.mask_key": "short"}):
        with pytest.raises(ConfigError) as refused:
            load(env={}, overrides=wrong)
        assert "short" not in str(refused.value) or "mask_key" in str(refused.value)
    assert load(env={"XIANSOU__INGEST__MASK": "cn_id, mobile"}).ingest.mask == ["cn_id", "mobile"]
