"""The right one of many that are alike: siblings and versions that are over stand behind, names that nobody has are told."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Retrieved, Scope
from rag.fakes import HashEmbedder
from rag.runtime import clock
from rag.search.aside import NOT_IN_FORCE, OTHER_NAME
from rag.search.retrieve import Retriever
from rag.search.weights import Weights
from rag.wiring import Application, open_application

DOCUMENTS = {
    "rules.md": "# Travel rules\n\n## Terms B, in force since 1 March 2026\n\n"
    "The daily allowance is 70 euros for each trip.\n\n"
    "## Terms A, in force until 28 February 2026\n\nThe daily allowance is 55 euros for each trip.\n",
    "出差标准_2024.md": "# 出差标准（2024 版）\n\n## 住宿上限\n\n每晚 300 元。\n",
    "出差标准_2025.md": "# 出差标准（2025 版）\n\n## 住宿上限\n\n每晚 350 元。\n",
    "出差标准_2026.md": "# 出差标准（2026 版）\n\n## 住宿上限\n\n每晚 400 元。\n",
    "faults.md": "# 故障代码\n\n## J-17\n\n水泵过热，停机冷却。\n\n## J-18\n\n水泵堵转，清理叶轮。\n\n"
    "## J-19\n\n水位过低，加水。\n",
    "pumps.md": "# Pumps\n\n## KT400\n\nThe pump weighs 4 kg.\n\n## KT400 Pro\n\nThe pump weighs 6 kg.\n\n"
    "## KT500\n\nThe pump weighs 9 kg.\n",
    "plans.md": "# 会员方案\n\n## 银卡版\n\n每月可借 4 本书。\n\n## 金卡版\n\n每月可借 9 本书。\n",
    "offices.md": "# Offices\n\n## Bremen office\n\nThe desk opens at 8.\n\n## Kassel office\n\nThe desk opens at 9.\n",
    "dial.md": "# 拨号\n\n## 错误 718\n\n等待超时。\n\n## 错误 720\n\n协议不一致。\n",
    "memo3.md": "# Memo 3\n\nThe memo says lunch is at noon.\n",
    "memo33.md": "# Memo 33\n\nThe memo says lunch is at one.\n",
    "mentions.md": "# Compatibility\n\nThe app works with iPhone 14 and Windows 11 over Bluetooth 5.\n",
}


@pytest.fixture
def application(settings):  # type: ignore[no-untyped-def]
    """With vectors as wide as the model's: in fewer dimensions unlike texts are near each other by chance."""
    opened = open_application(settings, load=lambda _: HashEmbedder(384))
    yield opened
    opened.close()


@pytest.fixture
def retriever(application: Application) -> Retriever:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    for name, text in DOCUMENTS.items():
        pipeline.put(DocumentInput(name, text.encode(), filename=name))
    return Retriever(application.ledger, application.views, candidates=50)


def first(found: Retrieved) -> str:
    return " ".join(found.hits[0].passage.text.split())


def aside(found: Retrieved) -> dict[str, str]:
    """By document and section, of the hits and of those that got no place."""
    told = [*((hit, hit.aside) for hit in found.hits), *found.dropped]
    return {
        f"{hit.passage.document_id} {hit.passage.section[-1]}": why for hit, why in told if why in (OTHER_NAME, NOT_IN_FORCE)
    }


def ask(retriever: Retriever, question: str, today: str = "2026-11-30", scope: Scope = Scope()) -> Retrieved:
    with clock.on(date.fromisoformat(today)):
        return retriever.retrieve(question, scope, 5, explain=True)


@pytest.mark.parametrize(
    ("question", "today", "right"),
    [
        ("How high is the daily allowance?", "2026-11-30", "70 euros"),
        ("How high is the daily allowance?", "2026-01-10", "55 euros"),
        ("How high was the daily allowance in 2025?", "2026-11-30", "55 euros"),
        ("What is the daily allowance for a trip that I booked in January 2026?", "2026-11-30", "55 euros"),
        ("住宿上限多少", "2026-11-30", "400 元"),
        ("现在住宿上限多少", "2026-11-30", "400 元"),
        ("2025年住宿上限多少", "2026-11-30", "350 元"),
        ("去年住宿上限多少", "2025-06-01", "300 元"),
    ],
)
def test_what_is_in_force_comes_first(retriever: Retriever, question: str, today: str, right: str) -> None:
    found = ask(retriever, question, today)
    assert right in first(found)
    assert NOT_IN_FORCE in aside(found).values()
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)


@pytest.mark.parametrize(
    ("question", "right", "others"),
    [
        ("J18 怎么处理", "水泵堵转", {"J-17", "J-19"}),
        ("How much does the KT400 weigh?", "4 kg", {"KT400 Pro", "KT500"}),
        ("How much does the KT400 Pro weigh?", "6 kg", {"KT400", "KT500"}),
        ("金卡版每月可借几本", "9 本", {"银卡版"}),
        ("When does the desk of the Kassel office open?", "at 9", {"Bremen office"}),
    ],
)
def test_siblings_stand_behind_the_one_that_is_named(retriever: Retriever, question: str, right: str, others: set[str]) -> None:
    found = ask(retriever, question)
    assert right in first(found)
    assert {key.split(" ", 1)[1] for key, why in aside(found).items() if why == OTHER_NAME} == others
    assert not found.unknown


def test_nothing_steps_aside_for_a_name_that_is_nowhere(retriever: Retriever) -> None:
    assert OTHER_NAME not in aside(ask(retriever, "How much does a pump weigh?")).values()
    both = ask(retriever, "KT400 or KT400 Pro, which weighs more?")
    assert {"pumps.md KT400", "pumps.md KT400 Pro"}.isdisjoint(aside(both))


@pytest.mark.parametrize(
    ("question", "name", "near"),
    [
        ("J21 怎么处理", "J21", "J-19"),
        ("J-27 是什么故障", "J-27", "J-17"),
        ("How much does the KT600 weigh?", "KT600", "KT500"),
        ("KT500 Pro 多重", "KT500 Pro", "KT500"),
        ("白金卡版每月可借几本", "白金卡版", "金卡版"),
        ("When does the Munich office open?", "Munich office", "Kassel office"),
        ("错误 719 怎么办", "错误 719", "错误 718"),
        ("What does memo 9 say?", "Memo 9", "Memo 3"),
    ],
)
def test_a_name_that_no_document_has_is_told_with_the_nearest(
    retriever: Retriever, question: str, name: str, near: str
) -> None:
    (told,) = ask(retriever, question).unknown
    assert told.name == name
    assert near in told.nearest
    assert len(told.nearest) <= 4


@pytest.mark.parametrize(
    "question",
    [
        "Does the app work with an iPhone 15?",
        "Windows 12 and Wi-Fi 6",
        "Has the case IP68?",
        "My order number R2291 is late",
        "Which office is the nearest?",
        "哪个版每月可借得多",
        "KT 400 多重",
        "kt-400 weight",
        "In 2023, how high was it?",
        "Can I print on A4 paper?",
    ],
)
def test_what_is_no_unknown_name(retriever: Retriever, question: str) -> None:
    assert ask(retriever, question).unknown == ()


def test_names_of_documents_that_the_caller_may_not_see_do_not_count(application: Application, retriever: Retriever) -> None:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    secret = "# Pumps to come\n\n## KT600\n\nThe pump weighs 12 kg and whispers.\n"
    pipeline.put(DocumentInput("secret.md", secret.encode(), filename="secret.md", acl=("staff",)))
    staff, guest = Scope(groups=("staff",)), Scope(groups=("guests",))
    assert ask(retriever, "How much does the KT600 weigh?", scope=staff).unknown == ()
    (told,) = ask(retriever, "How much does the KT600 weigh?", scope=guest).unknown
    assert told.name == "KT600"
    (told,) = ask(retriever, "How much does the KT700 weigh?", scope=guest).unknown
    assert "KT600" not in told.nearest
    spelled = [retriever.retrieve("whispres", scope, 5, explain=True).explanation["also"] for scope in (staff, guest)]
    assert spelled == [{"whispr": ["whisper"]}, {}] or spelled[1] == {}


def test_weights_by_kind_path_and_collection(application: Application, retriever: Retriever) -> None:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    for name in ("tickets/2025/a.md", "help/a.md"):
        pipeline.put(DocumentInput(name, b"# Lamp\n\nThe lamp blinks: replace the fuse.\n", filename="a.md"))
    pipeline.put(
        DocumentInput("b.md", b"# Lamp\n\nThe lamp blinks, so replace the fuse.\n", filename="b.md", collection="archive")
    )

    def order(**told: dict[str, float]) -> list[str]:
        heavy = Retriever(application.ledger, application.views, candidates=50, weights=Weights(told))
        found = heavy.retrieve("the lamp blinks", Scope(), 3).hits
        return [hit.passage.document_id for hit in found]

    assert order(path={"tickets/**": -3})[0] != "tickets/2025/a.md"
    assert order(path={"help/*": 3})[0] == "help/a.md"
    assert order(path={"tickets/*": 3, "a.md": -3})[0] == "b.md"
    assert order(collection={"archive": 3})[0] == "b.md"
    assert order(collection={"archive": -3})[0] != "b.md"


def test_a_help_page_goes_before_a_ticket_that_says_as_much(application: Application, retriever: Retriever) -> None:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    rows = "symptom,resolution\nThe kiln smokes,Open the upper vent of the kiln.\n"
    pipeline.put(DocumentInput("t.csv", rows.encode(), filename="t.csv"))
    page = "# The kiln smokes\n\nOpen the upper vent of the kiln.\n"
    pipeline.put(DocumentInput("kiln.md", page.encode(), filename="kiln.md"))
    plain = Retriever(application.ledger, application.views, candidates=50, weights=Weights({"kind": {"case": 0}}))
    found, bare = (one.retrieve("the kiln smokes", Scope(), 5).hits for one in (retriever, plain))
    scores = [{hit.passage.document_id: hit.score for hit in hits} for hits in (found, bare)]
    assert found[0].passage.document_id == "kiln.md"
    assert scores[1]["t.csv"] - scores[0]["t.csv"] == pytest.approx(0.2, abs=0.01)


def test_a_product_chooses_and_does_not_outweigh_the_topic(application: Application, retriever: Retriever) -> None:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    rows = "symptom,resolution,product\nNo light,Replace the adapter,G70\nToo loud,Turn it down,G80\n"
    pipeline.put(DocumentInput("g.csv", rows.encode(), filename="g.csv"))
    page = "# Gateway\n\n## Pairing times out\n\nSwitch the VPN off and pair again.\n"
    pipeline.put(DocumentInput("pairing.md", page.encode(), filename="pairing.md"))
    assert ask(retriever, "My G70 times out while pairing").hits[0].passage.document_id == "pairing.md"
    assert ask(retriever, "My G70 shows no light").hits[0].passage.fields["product"] == "G70"
