"""Access over HTTP: what each route requires, who gets in, and that what is denied looks like what is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_service import make_settings, serving, working
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts

from api.app import create_app
from api.auth import PUBLIC
from api.replies import Problem
from api.scopes import Asker, check_routes, declared
from rag.fakes import HashEmbedder
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.wiring import Application, open_application

MakeKey = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Application]]:
    """A service that needs keys, also on loopback, with a worker."""
    # No limit of refusals: each route is tried with each method by somebody who may not, which is more than a minute takes.
    settings = make_settings(tmp_path_factory.mktemp("locked"), server__auth="required", limits__address_per_minute=0)
    application = open_application(settings, embedder=HashEmbedder())
    with serving(create_app(application=application)) as url, working(settings):
        yield url, application
    application.close()


@pytest.fixture
def with_key(locked: tuple[str, Application]) -> Iterator[MakeKey]:
    """with_key(scopes, **rights) → a client that has such a key."""
    url, application = locked
    opened: list[httpx.Client] = []

    def make(*scopes: Any, **rights: Any) -> httpx.Client:
        _, text = Keys(application.ledger.engine).create("test", Rights(scopes, **rights), made_by=COMMAND_LINE)
        opened.append(httpx.Client(base_url=url, timeout=30, headers={"Authorization": f"Bearer {text}"}))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


def refused(reply: httpx.Response, status: int) -> Problem:
    assert reply.status_code == status, reply.text
    return Problem.model_validate(reply.json(), strict=True)


# -- every route declares its scope ------------------------------------------------------------------------------------


def test_every_route_declares_its_scope_or_is_public(locked: tuple[str, Application]) -> None:
    app = create_app(application=locked[1])
    told = {route.path: declared(route) for route in iter_route_contexts(app.routes)}
    assert len(told) > 10
    assert {path for path, needs in told.items() if needs is None} <= set(PUBLIC)
    assert all(needs.scopes for needs in told.values() if needs is not None)


def test_a_forgotten_declaration_is_named_with_what_to_do() -> None:
    router = APIRouter()

    @router.get("/secrets")
    def forgotten() -> None: ...

    @router.get("/asked")
    def fine(caller: Asker) -> None: ...

    app = FastAPI()
    app.include_router(router, prefix="/v1")
    with pytest.raises(AssertionError, match=r"GET /v1/secrets.*caller: Asker") as caught:
        check_routes(app)
    assert "/v1/asked" not in str(caught.value)


def test_every_route_that_is_not_public_refuses_a_stranger(locked: tuple[str, Application]) -> None:
    """Whatever is sent: the key is looked at before anything else is."""
    app = create_app(application=locked[1])
    with httpx.Client(base_url=locked[0]) as client:
        for route in iter_route_contexts(app.routes):
            if route.path in PUBLIC or route.path is None:
                continue
            path = (
                route.path.replace("{id:document_id}", "a").replace("{v:int}", "1").replace("{id}", "1").replace("{model}", "m")
            )
            for method in route.methods or ():
                for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer xs_a_b"}):
                    reply = client.request(method, path, headers=headers)
                    # Dify notices a 403 alone; what `useChat` shows is for visitors, who make no keys.
                    assert reply.status_code == (403 if "/dify/" in path else 401), (method, path)
                    assert "keys create" in reply.text or path.startswith("/v1/ui/")
                    assert reply.headers["www-authenticate"] == "Bearer"
                    assert "x-index-version" not in reply.headers


# -- keys --------------------------------------------------------------------------------------------------------------


def test_scopes_are_kept_apart_and_admin_has_all(with_key: MakeKey) -> None:
    query, ingest, admin = with_key("query"), with_key("ingest"), with_key("admin")
    assert [c.put("/v1/documents/scopes.md", json={"text": "t"}).status_code for c in (query, ingest, admin)] == [403, 201, 200]
    asked = {"question": "anything?"}
    assert [c.post("/v1/retrieve", json=asked).status_code for c in (query, ingest, admin)] == [200, 403, 200]
    assert [c.get("/v1/documents").status_code for c in (query, ingest, admin)] == [200] * 3


def test_a_revoked_key_is_refused_at_once(with_key: MakeKey, locked: tuple[str, Application]) -> None:
    client = with_key("query")
    key_id = client.headers["Authorization"].split("_")[1]
    assert client.post("/v1/retrieve", json={"question": "a"}).status_code == 200
    Keys(locked[1].ledger.engine).revoke(key_id)
    refused(client.post("/v1/retrieve", json={"question": "a"}), 401)


# -- collections and groups --------------------------------------------------------------------------------------------


def test_collections_are_tenants(with_key: MakeKey) -> None:
    admin = with_key("admin")
    one, two = with_key("query", "ingest", collections=("one",)), with_key("query", "ingest", collections=("two",))
    text = "The canary sings at noon."
    assert one.put("/v1/documents/one.md", json={"text": text}).status_code == 201  # its only collection is meant
    assert admin.get("/v1/documents/one.md").json()["collection"] == "one"
    job = one.put("/v1/documents/one.md", json={"text": text}).json()["job_id"]

    assert one.post("/v1/query", json={"question": "When does the canary sing?"}).json()["citations"]
    asked = {"question": "When does the canary sing?"}
    answer = two.post("/v1/query", json=asked).json()
    assert (answer["status"], answer["citations"]) == ("refused", [])
    assert two.post("/v1/retrieve", json=asked).json()["hits"] == []
    for path in ("/v1/query", "/v1/retrieve"):  # another's collection is as one that is not there
        there, absent = (two.post(path, json=asked | {"collection": name}) for name in ("one", "xxx"))
        assert (there.status_code, there.json()["field"]) == (422, "collection")
        assert there.text == absent.text.replace("xxx", "one")
    assert two.get("/v1/fields").json()["collections"] == []
    assert one.get("/v1/fields").json()["collections"] == ["one"]
    assert two.get("/v1/documents").json()["documents"] == []
    for path in ("/v1/documents/{}.md", "/v1/documents/{}.md/versions/1/text"):
        there, absent = two.get(path.format("one")), two.get(path.format("xxx"))
        assert (there.status_code, there.text) == (404, absent.text.replace("xxx", "one"))
    assert two.delete("/v1/documents/one.md").status_code == 404
    assert two.get(f"/v1/jobs/{job}").status_code == 404
    assert one.get(f"/v1/jobs/{job}").status_code == 200
    assert refused(two.put("/v1/documents/one.md", json={"text": "mine"}), 409).detail == "this id cannot be used."
    assert refused(two.put("/v1/documents/x.md", json={"text": "t", "collection": "one"}), 403).field == "collection"
    form = {"files": {"file": ("y.md", b"text")}, "data": {"collection": "one"}}
    assert refused(two.post("/v1/documents", **form), 403).field == "collection"
    assert one.delete("/v1/documents/one.md").status_code == 200


def test_groups_decide_about_documents_with_an_acl(with_key: MakeKey) -> None:
    admin = with_key("admin")
    staff, guest = with_key("query", groups=("staff", "x")), with_key("query", "ingest", groups=())
    told = {"collection": "groups"}
    admin.put("/v1/documents/open.md", json={"text": "The gate opens at six.", **told})
    admin.put("/v1/documents/shut.md", json={"text": "The gate code is zebra.", "acl": ["staff"], **told})

    def found(client: httpx.Client) -> set[str]:
        reply = client.post("/v1/retrieve", json={"question": "gate code zebra", **told})
        hits = reply.json()["hits"] if reply.status_code == 200 else []  # a collection of which nothing is seen is none
        listed = client.get("/v1/documents", params=told).json()["documents"]
        names = {hit["document_id"] for hit in hits}
        assert names == {doc["document_id"] for doc in listed}
        return names

    assert found(admin) == found(staff) == {"open.md", "shut.md"}
    assert found(guest) == {"open.md"}
    assert guest.get("/v1/documents/shut.md").status_code == 404
    assert guest.get("/v1/documents/shut.md/versions/1/text").status_code == 404
    assert guest.delete("/v1/documents/shut.md").status_code == 404
    assert refused(guest.put("/v1/documents/shut.md", json={"text": "x", **told}), 409).code == "conflict"
    assert refused(guest.post("/v1/retrieve", json={"question": "gate", "as_of": 1}), 403).field == "as_of"

    # An ACL that changes counts from the next question on, and for all versions.
    admin.put("/v1/documents/open.md", json={"text": "The gate opens at seven.", "acl": ["staff"], **told})
    assert found(guest) == set()
    assert guest.get("/v1/documents/open.md/versions/1/text").status_code == 404
    admin.put("/v1/documents/shut.md", json={"text": "The gate code was zebra.", **told})
    assert found(guest) == {"shut.md"}
    assert [guest.get(f"/v1/documents/shut.md/versions/{v}/text").status_code for v in (1, 2)] == [404, 200]


def test_pages_of_a_restricted_list_are_full(with_key: MakeKey) -> None:
    admin, guest = with_key("admin"), with_key("query", groups=())
    for n in range(8):
        admin.put(f"/v1/documents/p{n}.md", json={"text": f"n {n}", "collection": "p", "acl": [] if n % 3 == 0 else ["x"]})
    page = guest.get("/v1/documents", params={"collection": "p", "limit": 2}).json()
    rest = guest.get("/v1/documents", params={"collection": "p", "limit": 2, "cursor": page["next_cursor"]}).json()
    names = [[doc["document_id"] for doc in one["documents"]] for one in (page, rest)]
    assert (names, rest["next_cursor"]) == ([["p0.md", "p3.md"], ["p6.md"]], None)


# -- loopback ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def open_service(tmp_path: Path) -> Iterator[tuple[httpx.Client, Application]]:
    application = open_application(make_settings(tmp_path), embedder=HashEmbedder())
    with serving(create_app(application=application)) as url, httpx.Client(base_url=url) as client:
        yield client, application
    application.close()


def test_loopback_is_open_until_a_key_is_made(open_service: tuple[httpx.Client, Application]) -> None:
    client, application = open_service
    keys = Keys(application.ledger.engine)
    assert client.get("/v1/documents").status_code == 200
    assert client.get("/v1/documents", headers={"Authorization": "Bearer sk-unused"}).status_code == 200  # SDKs must send one
    refused(client.get("/v1/documents", headers={"Authorization": "Bearer xs_a_b"}), 401)
    first = keys.create_first()
    assert first is not None
    assert keys.create_first() is None
    assert client.get("/v1/documents").status_code == 200  # the first start's own key closes nothing
    assert client.get("/v1/documents", headers={"Authorization": f"Bearer {first}"}).status_code == 200
    key, _ = keys.create("mine", Rights(), made_by=COMMAND_LINE)
    refused(client.get("/v1/documents"), 401)
    keys.revoke(key.id)
    refused(client.get("/v1/documents"), 401)  # not open again


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "rebound.evil.example"},
    ],
)
def test_loopback_is_closed_to_proxies_and_web_pages(
    open_service: tuple[httpx.Client, Application], headers: dict[str, str]
) -> None:
    client, _ = open_service
    assert "keys create" in (refused(client.get("/v1/documents", headers=headers), 401).fix or "")
