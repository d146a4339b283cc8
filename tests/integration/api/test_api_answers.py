"""Conversations, answers, replay, feedback and gaps over HTTP, as widgets, support leads and administrators use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from api_service import make_settings, serving, working

from api.answer_replies import AcceptedReply, ExplainedReply, FeedbackReply, GapReply, GapsReply, ReplayReply
from api.app import create_app
from api.replies import AnswerReply
from rag.domain import Answer
from rag.fakes import HashEmbedder
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.wiring import Application, open_application

MakeKey = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Application]]:
    """A service that needs keys, with a worker and an embedded Valkey."""
    settings = make_settings(tmp_path_factory.mktemp("answers"), server__auth="required")
    application = open_application(settings, embedder=HashEmbedder(), serving=True)
    with serving(create_app(application=application)) as url, working(settings):
        yield url, application
    application.close()


@pytest.fixture
def with_key(service: tuple[str, Application]) -> Iterator[MakeKey]:
    url, application = service
    opened: list[httpx.Client] = []

    def make(*scopes: str, **rights: object) -> httpx.Client:
        _, text = Keys(application.ledger.engine).create("test", Rights(scopes, **rights), made_by=COMMAND_LINE)  # type: ignore[arg-type]
        opened.append(httpx.Client(base_url=url, timeout=30, headers={"Authorization": f"Bearer {text}"}))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


def ask(client: httpx.Client, question: str, **told: object) -> dict:
    reply = client.post("/v1/query", json={"question": question, **told})
    assert reply.status_code == 200, reply.text
    AnswerReply.model_validate(reply.json(), strict=True)
    return reply.json()


def emptied(client: httpx.Client, collection: str) -> None:
    """A collection that is known (an unknown one is an error) and in which nothing is found."""
    put(client, f"{collection}.md", "gone", collection=collection)
    assert client.delete(f"/v1/documents/{collection}.md").status_code == 200


def put(client: httpx.Client, document_id: str, text: str, **told: object) -> None:
    reply = client.put(f"/v1/documents/{document_id}", json={"text": text, **told})
    assert reply.status_code in (200, 201), reply.text


# -- conversations -----------------------------------------------------------------------------------------------------


def test_a_new_conversation_gets_an_id_goes_on_with_it_and_is_nobody_elses(with_key):
    writer, one, other = with_key("ingest"), with_key("query"), with_key("query")
    put(writer, "talk.md", "The lighthouse keeper is called Ottilie.", collection="talk")
    begun = ask(one, "Who is the lighthouse keeper?", conversation_id="new", collection="talk")
    assert begun["conversation_id"].startswith("conv_") and len(begun["conversation_id"]) > 30
    assert ask(one, "Who is the lighthouse keeper?", collection="talk")["conversation_id"] is None
    for client, query in ((one, "Who is the lighthouse keeper? And what about it?"), (other, "And what about it?")):
        answer = ask(client, "And what about it?", conversation_id=begun["conversation_id"], collection="talk")
        assert client.get(f"/v1/answers/{answer['answer_id']}").json()["query"] == query


def test_a_stream_tells_the_new_conversations_id_at_its_start(with_key):
    client = with_key("query")
    told = {"question": "Who is there?", "conversation_id": "new", "stream": True}
    with client.stream("POST", "/v1/query", json=told) as reply:
        text = "".join(reply.iter_text())
    assert text.count('"conversation_id":"conv_') == 2  # in `answer.start` and `answer.end`


# -- explanation and replay --------------------------------------------------------------------------------------------


def test_an_answer_is_explained_and_replayed_also_after_its_document_changed(with_key):
    admin = with_key("admin")
    put(admin, "replay.md", "The ferry leaves at seven.", collection="replay")
    answer = ask(admin, "When does the ferry leave?", collection="replay")
    place = f"/v1/answers/{answer['answer_id']}"
    told = admin.get(place).json()
    ExplainedReply.model_validate(told, strict=True)
    answer.pop("conversation_id"), told["answer"].pop("conversation_id"), told["answer"].pop("cached")
    assert told["answer"] == answer
    assert told["query"] == "When does the ferry leave?"
    assert [one["passage_id"] for one in told["candidates"]] == [answer["citations"][0]["passage_id"]]
    for text in ("The ferry leaves at seven.", "The ferry leaves at nine.", None):
        if text is None:
            admin.delete("/v1/documents/replay.md")
        else:
            put(admin, "replay.md", text, collection="replay")
        again = admin.post(f"{place}/replay").json()
        ReplayReply.model_validate(again, strict=True)
        assert (again["identical"], again["differences"]) == (True, [])
        assert "seven" in again["now"]["answer"]


def test_what_is_said_of_answers_is_for_those_who_may(with_key):
    admin, owner, other = with_key("admin"), with_key("query"), with_key("query")
    closed = with_key("query", collections=("rights",))
    put(admin, "rights.md", "The bakery opens at six.", collection="rights")
    answer = ask(owner, "When does the bakery open?", collection="rights")["answer_id"]
    assert admin.get(f"/v1/answers/{answer}").json()["settings"]["profile"]
    mine = owner.get(f"/v1/answers/{answer}").json()
    assert (mine["settings"], mine["prompt"], mine["raw"]) == (None, None, None)
    ExplainedReply.model_validate(mine, strict=True)
    requests = [("GET", "", None), ("POST", "/replay", None), ("DELETE", "", None)]
    for method, rest, _ in requests:
        assert other.request(method, f"/v1/answers/{answer}{rest}").status_code == 404
    assert other.post("/v1/feedback", json={"answer_id": answer, "rating": "up"}).status_code == 404
    its = ask(closed, "When does the bakery open?")["answer_id"]
    assert closed.get(f"/v1/answers/{its}").status_code == 200
    assert closed.post(f"/v1/answers/{its}/replay").status_code == 403
    assert owner.get("/v1/gaps").status_code == 403
    assert owner.delete(f"/v1/answers/{answer}").json() == {"removed": [answer]}
    for method, rest, _ in requests:
        assert owner.request(method, f"/v1/answers/{answer}{rest}").status_code == 404
    assert owner.get("/v1/answers/ans_unknown").json()["code"] == "not_found"


# -- feedback ----------------------------------------------------------------------------------------------------------


def test_feedback_is_taken_once_a_visitor_and_its_errors_name_the_field(with_key):
    client = with_key("query")
    answer = ask(client, "Is there feedback?")["answer_id"]
    said = {"answer_id": answer, "rating": "down", "reason": "wrong", "correction": "It is so."}
    first = client.post("/v1/feedback", json=said).json()
    FeedbackReply.model_validate(first, strict=True)
    assert client.post("/v1/feedback", json=said).json() == first
    assert client.post("/v1/feedback", json={"answer_id": answer, "rating": 1}).json()["rating"] == "up"
    client.post("/v1/feedback", json={"answer_id": answer, "rating": -1, "visitor": "v2"})
    assert [one["rating"] for one in client.get(f"/v1/answers/{answer}").json()["feedback"]] == ["up", "down"]
    for wrong, field in (({"rating": "good"}, "rating"), ({"stars": 5}, "stars"), ({"answer_id": "x"}, "answer_id")):
        reply = client.post("/v1/feedback", json={"answer_id": answer, "rating": "up"} | wrong)
        assert (reply.status_code, reply.json()["field"].split(".")[0]) == (404 if field == "answer_id" else 422, field)


# -- gaps --------------------------------------------------------------------------------------------------------------


def test_a_gap_is_found_accepted_and_its_questions_are_answered_from_then_on(with_key):
    admin = with_key("admin")
    emptied(admin, "hotel")
    questions = ["Does the hotel have a sauna?", "Does the hotel have a sauna", "does the hotel have the sauna?"]
    for question in [*questions, "Which bus goes to the beach?"]:
        assert ask(admin, question, collection="hotel")["status"] == "refused"
    found = admin.get("/v1/gaps").json()
    GapsReply.model_validate(found, strict=True)
    gap = next(one for one in found["gaps"] if one["name"] in questions)
    assert (gap["count"], gap["unanswered"], gap["badly_rated"], gap["state"]) == (3, 3, 0, "open")
    assert set(gap["questions"]) == set(questions)
    assert "sauna" in gap["keywords"] and "bus" not in gap["keywords"]
    assert gap["first_seen"] < gap["last_seen"]
    place = f"/v1/gaps/{gap['gap_id']}"
    assert admin.post(f"{place}/accept", json={"answer": "  "}).status_code == 422
    done = admin.post(f"{place}/accept", json={"answer": "Yes, the sauna is on the roof."}).json()
    AcceptedReply.model_validate(done, strict=True)
    assert (done["asked"], done["answered"], done["from_document"], done["still_open"]) == (3, 3, 3, [])
    answer = ask(admin, questions[0], collection="hotel")
    assert answer["citations"][0]["cited_text"] == "Yes, the sauna is on the roof."
    assert answer["citations"][0]["document_id"] == done["document_id"]
    assert gap["gap_id"] not in {one["gap_id"] for one in admin.get("/v1/gaps").json()["gaps"]}
    assert admin.get("/v1/gaps?decided=true").json()["gaps"][0]["document_id"] in (done["document_id"], None)
    assert admin.post(f"{place}/dismiss").status_code == 409
    # Rated down after that, it is open again, under its id.
    admin.post("/v1/feedback", json={"answer_id": answer["answer_id"], "rating": "down", "correction": "It is closed."})
    again = admin.get(place).json()
    GapReply.model_validate(again, strict=True)
    assert (again["state"], again["count"], again["badly_rated"]) == ("open", 1, 1)
    assert again["draft"] == {"question": questions[0], "answer": "It is closed.", "source": "correction", "citations": []}
    done = admin.post(f"{place}/accept", json={"answer": "The sauna is closed."}).json()
    assert done["version"] == 2
    assert "closed" in ask(admin, questions[0], collection="hotel")["answer"]


def test_a_dismissed_gap_stays_away_and_gaps_of_collections_never_meet(with_key):
    admin = with_key("admin")
    emptied(admin, "north")
    emptied(admin, "south")
    for collection in ("north", "south", "north"):
        ask(admin, "Where can I park my zeppelin?", collection=collection)
    found = {one["collection"]: one for one in admin.get("/v1/gaps").json()["gaps"] if "zeppelin" in one["name"]}
    assert {key: one["count"] for key, one in found.items()} == {"north": 2, "south": 1}
    assert admin.post(f"/v1/gaps/{found['north']['gap_id']}/dismiss").json()["state"] == "dismissed"
    ask(admin, "Where can I park my zeppelin?", collection="north")
    left = {one["collection"] for one in admin.get("/v1/gaps").json()["gaps"] if "zeppelin" in one["name"]}
    assert left == {"south"}


def test_a_reply_holds_the_contracts_fields_and_cached_only_when_it_is(with_key):
    admin = with_key("admin")
    put(admin, "cached.md", "The museum costs four coins.", collection="cached")
    first = ask(admin, "What does the museum cost?", collection="cached")
    again = ask(admin, "What does the museum cost?", collection="cached")
    assert "cached" not in first and again["cached"] is True
    assert set(again) - set(first) == {"cached"} and set(again) == set(Answer.__dataclass_fields__) - {"unknown"}
    assert admin.get(f"/v1/answers/{again['answer_id']}").json()["cached_from"] == first["answer_id"]
    assert admin.post(f"/v1/answers/{again['answer_id']}/replay").json()["identical"]
