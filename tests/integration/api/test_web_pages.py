"""Pages over HTTP: their policy, their files, the console's sessions."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from api_service import make_settings, serving, working

from api.app import create_app
from rag.fakes import HashEmbedder
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.wiring import Application, open_application

Place = tuple[str, Application]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service that needs keys, with a worker and a FAQ."""
    settings = make_settings(tmp_path_factory.mktemp("pages"), server__auth="required")
    application = open_application(settings, embedder=HashEmbedder())
    with serving(create_app(application=application)) as url, working(settings):
        admin = key_of(application, "admin")
        for name, acl in (("open.csv", []), ("staff.csv", ["staff"])):
            files = {"file": (name, f"question,answer\nWhere is the {name[:-4]} door?,It is blue.\n".encode(), "text/csv")}
            reply = httpx.put(f"{url}/v1/documents/{name}", files=files, data={"acl": acl}, headers=bearer(admin), timeout=60)
            assert reply.status_code == 201, reply.text
        yield url, application
    application.close()


def key_of(application: Application, *scopes: str, **rights: object) -> str:
    return Keys(application.ledger.engine).create("test", Rights(scopes, **rights), made_by=COMMAND_LINE)[1]  # type: ignore[arg-type]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def signed_in(url: str, key: str) -> tuple[httpx.Client, str]:
    """A browser with a session, and the token of its pages."""
    client = httpx.Client(base_url=url, timeout=60)
    reply = client.post("/console/login", data={"key": key, "next": "/console/keys"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/console/keys")
    found = re.search(r'"X-Csrf-Token": "([0-9a-f]{64})"', client.get("/console/keys").text)
    assert found
    return client, found[1]


@pytest.mark.parametrize("path", ["/", "/docs", "/console/login"])
def test_pages_let_nothing_in_from_outside(locked: Place, path: str) -> None:
    reply = httpx.get(locked[0] + path)
    assert reply.status_code == 200 and reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["default-src"] == "'none'"
    assert not re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<[a-z][^>]*\s(?:src|href)=\"(?:https?:)?//", reply.text)
    assert httpx.head(locked[0] + path).status_code in (200, 405 if path == "/console/login" else 200)


def test_pages_speak_the_readers_language(locked: Place) -> None:
    chinese = httpx.get(locked[0], headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert 'lang="zh-CN"' in chinese.text and "向您的文档提问" in chinese.text
    assert 'lang="en"' in httpx.get(f"{locked[0]}/?lang=en", headers={"Accept-Language": "zh-CN"}).text


def test_the_rest_of_the_address_space_stays_as_it_was(locked: Place) -> None:
    for path in ("/nothing", "/v1/nothing", "/redoc"):
        reply = httpx.get(locked[0] + path)
        assert reply.status_code == 401 and reply.headers["content-type"] == "application/problem+json"
    assert httpx.get(f"{locked[0]}/web/..%2fpages.py").status_code in (401, 404)
    assert httpx.get(f"{locked[0]}/web/nothing.js").json()["code"] == "not_found"


def test_the_widget_is_small_kept_and_known_again(locked: Place) -> None:
    reply = httpx.get(f"{locked[0]}/widget.js", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip" and int(reply.headers["content-length"]) < 40_000
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(gzip.compress(reply.content, 9)) < 40_000
    again = httpx.get(f"{locked[0]}/widget.js", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    page = httpx.get(locked[0]).text
    versioned = re.search(r'src="(/web/widget\.js\?v=\w+)"', page)
    assert versioned and "immutable" in httpx.get(locked[0] + versioned[1]).headers["cache-control"]


def test_suggestions_are_those_that_the_caller_may_see(locked: Place) -> None:
    url, application = locked
    for groups, wanted in ((None, 2), ((), 1), (("staff",), 2)):
        key = key_of(application, "query", groups=groups)
        told = httpx.get(f"{url}/v1/suggestions", headers=bearer(key)).json()["questions"]
        assert len(told) == wanted and "Where is the open door?" in told
    assert httpx.get(f"{url}/v1/suggestions?language=zh", headers=bearer(key)).json() == {"questions": []}


# -- the console's sessions --------------------------------------------------------------------------------------------


def test_a_stranger_gets_the_form_and_a_program_a_problem(locked: Place) -> None:
    reply = httpx.get(f"{locked[0]}/console/audit")
    assert reply.status_code == 401 and 'name="next" value="/console/audit"' in reply.text
    part = httpx.get(f"{locked[0]}/console/jobs", headers={"HX-Request": "true"})
    assert part.status_code == 401 and part.json()["code"] == "unauthorized"


def test_the_cookie_is_for_the_console_alone(locked: Place) -> None:
    url, application = locked
    reply = httpx.post(f"{url}/console/login", data={"key": key_of(application, "admin")})
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/console" in cookie
    assert httpx.get(f"{url}/v1/keys", cookies=dict(reply.cookies)).status_code == 401  # the API takes no cookie


@pytest.mark.parametrize("scopes", [("query",), ("ingest", "query"), None])
def test_only_an_administrators_key_opens_it(locked: Place, scopes: tuple[str, ...] | None) -> None:
    key = key_of(locked[1], *scopes) if scopes else "xs_nobody_nothing"
    reply = httpx.post(f"{locked[0]}/console/login", data={"key": key})
    assert reply.status_code == 401 and "set-cookie" not in reply.headers and key not in reply.text


@pytest.mark.parametrize(
    "wish", ["https://evil.example/", "//evil.example/console", "/console@evil.example", "/v1/keys", "\\\\evil"]
)
def test_signing_in_leads_nowhere_else(locked: Place, wish: str) -> None:
    reply = httpx.post(f"{locked[0]}/console/login", data={"key": key_of(locked[1], "admin"), "next": wish})
    assert reply.headers["location"] == "/console"


def test_a_form_of_another_site_signs_nobody_in(locked: Place) -> None:
    told = {"key": key_of(locked[1], "admin")}
    reply = httpx.post(f"{locked[0]}/console/login", data=told, headers={"Origin": "https://evil.example"})
    assert reply.status_code == 403 and "set-cookie" not in reply.headers


def test_a_change_needs_the_pages_token(locked: Place) -> None:
    url, application = locked
    client, token = signed_in(url, key_of(application, "admin"))
    other, foreign = signed_in(url, key_of(application, "admin"))
    with closing(client), closing(other):
        form = {"name": "made", "scopes": "query"}
        for headers in ({}, {"X-Csrf-Token": foreign}, {"X-Csrf-Token": ""}):
            assert client.post("/console/keys", data=form, headers=headers).status_code == 403
        assert client.post("/console/keys", data=form, headers={"X-Csrf-Token": token}).status_code == 200
        assert client.post("/console/document/delete?id=open.csv", headers={"X-Csrf-Token": foreign}).status_code == 403
    assert Keys(application.ledger.engine).all()[-1].name == "made"


def test_with_the_key_the_session_ends(locked: Place) -> None:
    url, application = locked
    key = key_of(application, "admin")
    client, _ = signed_in(url, key)
    with closing(client):
        Keys(application.ledger.engine).revoke(key.split("_")[1])
        assert client.get("/console/keys").status_code == 401
        client.cookies.set("xiansou_console", "eyJhbGciOiJub25lIn0.e30.", path="/console")
        assert client.get("/console/keys").status_code == 401


def test_what_the_console_changes_is_in_the_audit(locked: Place) -> None:
    url, application = locked
    client, token = signed_in(url, key_of(application, "admin"))
    with closing(client):
        files = {"file": ("console.md", b"# Lamp\n\nThe lamp is green.", "text/markdown")}
        assert client.post("/console/upload", files=files, headers={"X-Csrf-Token": token}).status_code == 200
        shown = client.get("/console/audit").text
        assert "upload_documents" in shown
        assert "unbroken" in client.post("/console/audit/verify", headers={"X-Csrf-Token": token}).text


# -- passages of one's own answers -------------------------------------------------------------------------------------


def test_a_visitor_reads_the_passage_of_his_own_answer_while_it_stands(locked: Place) -> None:
    url, application = locked
    admin, site = key_of(application, "admin"), "https://shop.example"
    text = "# Lamp\n\nThe lantern burns 🔥 for nine hours.\n\n# Other\n\nSomething else."
    assert httpx.put(f"{url}/v1/documents/lantern.md", json={"text": text}, headers=bearer(admin), timeout=60).is_success
    shop = key_of(application, "query", origins=(site,))
    mine, other = (
        bearer(httpx.post(f"{url}/v1/widget/tokens", json={"visitor": who}, headers=bearer(shop)).json()["token"])
        | {"Origin": site}
        for who in ("ann", "bob")
    )
    asked = httpx.post(f"{url}/v1/query", json={"question": "How long does the lantern burn?"}, headers=mine, timeout=60).json()
    place = f"{url}/v1/answers/{asked['answer_id']}/citations/1"
    told = httpx.get(place, headers=mine).json()
    start, end = told["spans"][0]
    assert "lantern" in told["text"][start:end] and told["current"]
    assert httpx.get(place, headers=other).status_code == 404
    assert httpx.get(place.replace("citations/1", "citations/9"), headers=mine).status_code == 404
    assert httpx.delete(f"{url}/v1/documents/lantern.md", headers=bearer(admin)).is_success
    gone = httpx.get(place, headers=mine)
    assert gone.status_code == 404 and gone.json()["code"] == "passage_deleted" and "lantern" not in gone.text
