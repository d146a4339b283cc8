"""What the gate understands of an LLM's own words, and what it sees when a word is missing."""

from __future__ import annotations

import pytest

from rag.answering.check import Checked, Gate
from rag.answering.gate.cut import sentences
from rag.answering.gate.shown import foreign, safe, safe_url, visible
from rag.domain import Hit, Passage


def hit(text: str, *, title: str = "", context: str = "", at: int = 0) -> Hit:
    passage = Passage(at, f"d{at}", 1, title, None, None, "default", (), "text", text, context or title, 0, len(text), {}, {})
    return Hit(passage, 1.0, 0.9, {})


def verdicts(answer: str, *hits: Hit, question: str = "", **told: str) -> list[Checked]:
    gate = Gate(hits, question=question, **told)  # type: ignore[arg-type]
    return [gate.check(sentence) for sentence in sentences(iter([answer]))]


def passes(sentence: str, text: str, *, title: str = "", context: str = "", question: str = "") -> bool:
    (checked,) = verdicts(f"{sentence} [1]", hit(text, title=title, context=context), question=question)
    return checked.verdict in ("quoted", "supported")


BIKE = "The rental fee is $12 for adults and $7 for children. Helmets are free. You may keep the bike for up to 3 days."
ROOM = "退房时间为中午 12 点前。取消订单需提前 48 小时，节假日除外。停车每小时 5 元，最多收 30 元。"


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("The fee is 7 dollars for children.", "The fee is $12 for adults and $7 for children."),
        ("You can keep the bike for at most three days.", "You may keep the bike for up to 3 days."),
        ("If the lamp blinks, unplug the charger.", "Unplug the charger if the lamp blinks."),
        ("The loan period is 30 minutes.", "The loan period is half an hour.".replace("half an hour", "0.5 hours")),
        ("Vouchers can't be exchanged for cash.", "Vouchers cannot be exchanged for cash."),
        ("停车费每小时 5 元，最多收 30 元。", "停车费每小时 5 元，最多收 30 元。"),
        ("保修期为 18 个月。", "保修期为一年半。"),
        ("生鲜商品不能退货。", "生鲜商品不支持退货。"),
        ("收货 7 天内可以退货。", "收货 7 天以内可以退货。"),
    ],
)
def test_faithful_words_of_its_own_pass(sentence: str, text: str) -> None:
    assert passes(sentence, text)


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("Pets can be brought.", "All guests apart from pets can be brought."),
        ("Wash the filter in the machine.", "Avoid washing the filter in the machine."),
        ("Use bleach.", "Use soap rather than bleach."),
        ("The fee is $12 for children.", BIKE),
        ("The fee is $12.", "The fee is $12 for members only."),
        ("Delivery takes 2 days.", "Delivery takes 2 to 4 days."),
        ("The room is heated to 15 °C.", "The room is heated to -15 °C."),
        ("The desk closes at 8 a.m.", "The desk closes at 8 p.m."),
        ("Keep the noise > 40 dB.", "Keep the noise < 40 dB."),
        ("Tickets are refunded.", "Tickets are refunded if the show is cancelled."),
        ("The pool is open.", "The pool is open only in summer."),
        ("Customers get a refund.", "New customers get a refund."),
        ("All rooms are not heated.", "Not all rooms are heated."),
        ("Pay by card and cash.", "Pay by card or cash."),
        ("赠品可以退货。", "除赠品外都可以退货。"),
        ("使用破损的插座。", "停止使用破损的插座。"),
        ("会员免运费。", "满 99 元的会员免运费。"),
        ("价格为 59 元。", "价格为 59 元起。"),
        ("保修一年。", "保修一年半。"),
        ("先装电池，再关电源。", "先关电源，再装电池。"),
    ],
)
def test_what_leaves_out_a_condition_or_turns_the_meaning_does_not_pass(sentence: str, text: str) -> None:
    assert not passes(sentence, text)


PLANS = hit(
    "| Loft | €40 | 2 GB | no |\n| Loft Plus | €65 | 9 GB | yes |",
    title="Plans",
    context="Plans\nPlan | Price | Storage | Support",
)


@pytest.mark.parametrize(
    ("sentence", "fits"),
    [
        ("Loft Plus costs €65.", True),
        ("The price of Loft is 40 euros.", True),
        ("Loft has 2 GB of storage.", True),
        ("Loft costs €65.", False),
        ("Loft Plus has 2 GB of storage.", False),
        ("Loft costs $40.", False),
    ],
)
def test_a_row_is_read_with_its_label_and_header(sentence: str, fits: bool) -> None:
    (checked,) = verdicts(f"{sentence} [1]", PLANS)
    assert (checked.verdict in ("supported", "quoted")) is fits


def test_yes_and_no_are_claims_of_their_own() -> None:
    lid = hit("The lid is not dishwasher-safe.", title="Lid")
    asked = "Is the lid dishwasher-safe?"
    assert verdicts("No, the lid is not dishwasher-safe. [1]", lid, question=asked)[0].verdict == "supported"
    (wrong,) = verdicts("Yes, the lid is not dishwasher-safe. [1]", lid, question=asked)
    assert (wrong.verdict, wrong.fault) == ("replaced", "answer")
    assert "Yes" not in (wrong.claim.text if wrong.claim else "")
    days = hit("收货后 10 天以内可以换货。", title="换货")
    assert verdicts("可以，收货后 10 天以内可以换货。[1]", days, question="收货 12 天了还能换货吗？")[0].fault == "answer"


def test_a_bare_no_belongs_to_the_next_sentence() -> None:
    assert list(sentences(iter(["No. The lid is not safe. [1]"]))) == ["No. The lid is not safe. [1]"]


def test_another_model_and_an_older_version_are_seen() -> None:
    one, two = (
        hit("Switches off after 20 minutes.", title="Fan X4"),
        hit("Switches off after 45 minutes.", title="Fan X5", at=1),
    )
    (wrong,) = verdicts("It switches off after 45 minutes. [2]", one, two, question="When does the X4 switch off?")
    assert wrong.fault == "subject"
    old = hit("A stamp is worth 2 euros.", title="Bonus stamps (valid until 2023)")
    new = hit("A stamp is worth 3 euros.", title="Bonus stamps", at=1)
    (gone,) = verdicts("A stamp is worth 2 euros. [1]", old, new, question="What is a stamp worth?")
    assert (gone.verdict, gone.fault) == ("replaced", "superseded")
    assert gone.claim is not None
    assert "3 euros" in gone.claim.text


def test_the_passages_own_words_take_a_fallen_sentences_place() -> None:
    text = "The kiln cools for 9 hours. Open the door below 60 °C."
    (checked,) = verdicts("The kiln cools for 5 hours. [1]", hit(text))
    assert (checked.verdict, checked.fault) == ("replaced", "number")
    assert checked.claim is not None
    assert checked.claim.text == "The kiln cools for 9 hours."
    first, second = verdicts(
        "The kiln cools for 9 hours. [1] The kiln cools for a very long time, hours and hours. [1]", hit(text)
    )
    assert first.verdict == "quoted"
    assert second.claim is None  # its words were shown already


def test_settings_say_what_becomes_of_a_fallen_sentence() -> None:
    told = ("The kiln likes company very much. [1]", hit("The kiln is made of brick."))
    assert verdicts(*told, policy="drop")[0].verdict == "dropped"
    (kept,) = verdicts(*told, policy="keep")
    assert kept.verdict == "unverified"
    assert verdicts("The kiln weighs 80 kg. [1]", told[1], policy="keep")[0].verdict != "unverified"


def test_courtesy_and_what_the_documents_lack() -> None:
    lamp = hit("The lamp uses 4 W. It is made of glass.", title="Lamp")
    told = verdicts(
        "No worries! The lamp uses 4 W. [1] Its colour is not given in the documents.", lamp, question="How much power?"
    )
    assert [one.verdict for one in told] == ["no_claim", "quoted", "no_claim"]
    assert verdicts("The documents do not mention the lamp.", lamp)[0].fault == "no_answer"
    assert verdicts("The lamp uses 4 W. [1] The documents do not say that it is made of glass.", lamp)[1].claim is None


def test_every_step_of_a_list_arrives_with_its_number() -> None:
    steps = hit("1. Close the valve.\n2. Drain the tank.\n3. Wipe the seal.")
    told = verdicts("1. Close the valve. [1]\n2. Drain the tank. [1]\n3. Wipe the seal. [1]", steps)
    assert [one.claim.text if one.claim else None for one in told] == [
        "1. Close the valve.",
        "2. Drain the tank.",
        "3. Wipe the seal.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Pay here <img src=//bad.example/x>.", "Pay here <call 555 0199>.", "Pay at https://pay.shop.example'@bad.example/b.",
        "Pay at https://pay.shop.exam.", "See ![x](https://pay.shop.example/bill).", "See [bill](javascript:alert(1)).",
        "Ask www.bad.example.", "Pay &lt;script&gt;now.",
    ],
)  # fmt: skip
def test_markup_and_foreign_links_are_seen(text: str) -> None:
    assert foreign(text, ["Pay at https://pay.shop.example/bill today."])


def test_the_passages_own_links_stay() -> None:
    assert not foreign("Pay at https://pay.shop.example/bill.", ["Pay at https://pay.shop.example/bill today."])
    assert not foreign("Keep it < 80%, ask us at help@shop.example.", ["Mail help@shop.example"])


def test_documents_markup_does_nothing() -> None:
    told = safe("See [guide](javascript:alert(1)), ![logo](https://x.example/l.png) and <b onclick=x>bold</b> <domain>.")
    assert told == "See guide, logo and bold ‹domain›."
    assert safe("Use `<b>` and [docs](https://x.example/d).") == "Use `<b>` and [docs](https://x.example/d)."
    assert "<" not in safe("a &lt;img src=x onerror=y&gt; b")
    assert visible("a\u200bb\U000e0041c\u202ed") == "abcd"
    assert (safe_url("file:///etc/x"), safe_url("//host"), safe_url("https://x.example/a")) == (
        None,
        None,
        "https://x.example/a",
    )


def test_a_text_without_an_end_is_cut() -> None:
    pieces = list(sentences(iter(["word " * 10] * 400)))
    assert len(pieces) > 3
    assert "".join(pieces).split() == ["word"] * 4000
