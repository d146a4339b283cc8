"""Keys over HTTP and on the command line, JWT of an identity provider, tokens of a chat widget."""

from __future__ import annotations

import base64
import hmac
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from api_service import make_settings, serving
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from typer.testing import CliRunner

from api import auth_sso, auth_widget
from api.app import create_app
from api.routes.keys import KeysReply, NewKeyReply
from rag.commands.keys import instant
from rag.domain import Chunk, DocumentInput
from rag.errors import InputError
from rag.fakes import HashEmbedder
from rag.record.audit import entries
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.record.rows import PreparedDocument
from rag.runtime.service import TOKEN_VARIABLE, new_token
from rag.wiring import Application, open_application
from xiansou import cli

ISSUER, AUDIENCE = "https://id.example/realm", "xiansou"
SHOP = "https://shop.example"


@contextmanager
def service(folder: Path, **settings: Any) -> Iterator[tuple[httpx.Client, Application]]:
    application = open_application(make_settings(folder, server__auth="required", **settings), embedder=HashEmbedder())
    with serving(create_app(application=application)) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client, application
    application.close()


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


def ask(client: httpx.Client, token: str, **headers: str) -> httpx.Response:
    return client.post("/v1/retrieve", json={"question": "lamp?"}, headers=bearer(token, **headers))


def key_of(application: Application, *scopes: Any, **rights: Any) -> tuple[str, str]:
    key, text = Keys(application.ledger.engine).create("t", Rights(scopes, **rights), made_by=COMMAND_LINE)
    return key.id, text


# -- keys --------------------------------------------------------------------------------------------------------------


def test_keys_over_http_and_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANSOU__DATA_DIR", str(tmp_path))
    monkeypatch.setattr("rag.runtime.observe.start_logging", lambda _: None)  # it would log to the runner's stream for ever

    def run(*words: str) -> dict[str, Any]:
        done = CliRunner().invoke(cli, ["keys", *words, "--json"])
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.stdout))

    with service(tmp_path) as (client, application):
        admin = run("create", "--scope", "admin", "--name", "boss")["key"]
        body = {"name": "shop", "collections": ["shop"], "groups": [], "origins": [SHOP], "tokens_per_day": 5}
        made = client.post("/v1/keys", json=body, headers=bearer(admin))
        assert made.status_code == 201
        told = NewKeyReply.model_validate(made.json(), strict=True)
        assert (told.scopes, told.collections, told.groups, told.origins) == (["query"], ["shop"], [], [SHOP])
        assert told.made_by.startswith("key:")
        assert told.key.startswith(f"xs_{told.id}_")
        assert ask(client, told.key).status_code == 200

        listed = KeysReply.model_validate(client.get("/v1/keys", headers=bearer(admin)).json(), strict=True)
        assert [key.name for key in listed.keys] == ["boss", "shop"]
        assert run("list")["keys"] == [key.model_dump() for key in listed.keys]
        secret = told.key.split("_")[2]
        everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert secret.encode() not in everything
        assert told.key not in made.headers.values()

        assert run("revoke", told.key)["state"] == "revoked"
        audited = [
            (entry.who.split(":")[0], entry.action) for _, entry in entries(application.ledger.engine) if "key" in entry.action
        ]
        assert audited == [("command line", "revoke_key"), ("key", "create_key"), ("command line", "create_key")]
        assert ask(client, told.key).status_code == 401
        assert client.delete(f"/v1/keys/{told.id}", headers=bearer(admin)).status_code == 200
        assert client.delete("/v1/keys/nobody", headers=bearer(admin)).status_code == 404
        _, query = key_of(application, "query")
        assert client.get("/v1/keys", headers=bearer(query)).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a", "scopes": ["everything"]}, "scopes.0"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "collections": []}, "collections"),
        ({"name": "a", "scopes": ["admin"], "groups": ["x"]}, "scopes"),
        ({"name": "a", "origins": ["*"]}, "origins"),
        ({"name": "a", "origins": ["https://shop.example/path"]}, "origins"),
        ({"name": "a", "expires_at": "2001-01-01"}, "expires_at"),
        ({"name": "a", "expires_at": "soon"}, "expires_at"),
    ],
)
def test_wrong_keys_are_refused_by_field(client: httpx.Client, body: dict[str, Any], field: str) -> None:
    reply = client.post("/v1/keys", json=body)
    assert (reply.status_code, reply.json()["field"]) == (422, field)


def test_instant() -> None:
    assert instant(None) is None
    assert abs((instant("2h") or 0) - time.time() - 7200) < 5
    assert instant("2031-05-01T00:00:00+08:00") == instant("2031-04-30T16:00:00Z")
    with pytest.raises(InputError, match="90d"):
        instant("soon")


def test_an_expired_key_is_refused(tmp_path: Path) -> None:
    with service(tmp_path) as (client, application):
        _, text = Keys(application.ledger.engine).create("t", Rights(), made_by=COMMAND_LINE, expires_at=time.time() + 1.0)
        assert ask(client, text).status_code == 200
        time.sleep(1.1)
        assert ask(client, text).status_code == 401


# -- single sign-on ----------------------------------------------------------------------------------------------------


class Provider:
    """An identity provider: keys by id, its JWKS on a real port."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Any]] = {}
        self.read = 0

    def add(self, kid: str, algorithm: str = "RS256") -> None:
        made = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
        self.keys[kid] = (algorithm, made)

    def jwks(self) -> bytes:
        self.read += 1
        shown = []
        for kid, (algorithm, key) in self.keys.items():
            kind = RSAAlgorithm if algorithm == "RS256" else ECAlgorithm
            shown.append({**json.loads(kind.to_jwk(key.public_key())), "kid": kid, "use": "sig"})
        return json.dumps({"keys": shown}).encode()

    def token(self, kid: str, **claims: Any) -> str:
        algorithm, key = self.keys[kid]
        told = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": time.time() + 60} | claims
        given = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(given, key, algorithm, headers={"kid": kid})


@pytest.fixture
def provider() -> Iterator[tuple[Provider, str]]:
    told = Provider()
    told.add("k1")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(told.jwks())

        def log_message(self, *_: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told, f"http://127.0.0.1:{server.server_port}/jwks"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sso(tmp_path: Path, provider: tuple[Provider, str]) -> Iterator[tuple[httpx.Client, Application, Provider]]:
    told = {
        "sso__issuer": ISSUER,
        "sso__audience": AUDIENCE,
        "sso__jwks": provider[1],
        "sso__scopes_claim": "roles",
        "sso__scopes": "kb-editors=ingest, kb-owners=admin",
        "sso__collections_claim": "kbs",
    }
    with service(tmp_path, **told) as (client, application):
        yield client, application, provider[0]


def test_a_token_of_the_provider_is_taken_and_its_claims_count(
    sso: tuple[httpx.Client, Application, Provider],
) -> None:
    client, _application, provider = sso
    owner = provider.token("k1", roles="other kb-owners")
    for name, fields in {"a": {"collection": "x"}, "b": {"collection": "x", "acl": ["hr"]}, "c": {"collection": "y"}}.items():
        sent = client.put(
            f"/v1/documents/{name}", json={"text": f"lamp {name}", **fields}, headers=bearer(owner), params={"wait": "queued"}
        )
        assert sent.status_code == 202
    assert ask(client, owner).status_code == 200

    def may_write(**claims: Any) -> int:
        body = {"text": "t", "collection": "x"}
        reply = client.put(
            "/v1/documents/z", json=body, headers=bearer(provider.token("k1", **claims)), params={"wait": "queued"}
        )
        return reply.status_code

    assert may_write(kbs=["x"]) == 403  # query only
    assert may_write(kbs=["x"], roles=["kb-editors"]) == 202
    assert may_write(kbs=["y"], roles=["kb-editors"]) == 403
    assert may_write(roles=["kb-editors"]) == 403  # no claim: no collection


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"exp": time.time() - 120},
        {"nbf": time.time() + 86_400},
        {"sub": None},
        {"exp": None},
    ],
)
def test_wrong_claims_are_refused(sso: tuple[httpx.Client, Application, Provider], claims: dict[str, Any]) -> None:
    client, _, provider = sso
    assert ask(client, provider.token("k1")).status_code == 200
    assert ask(client, provider.token("k1", **claims)).status_code == 401


def coded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def test_other_algorithms_and_keys_are_refused(sso: tuple[httpx.Client, Application, Provider]) -> None:
    client, _, provider = sso
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "eve", "exp": time.time() + 60}
    public = provider.keys["k1"][1].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body = (coded(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "k1"}, claims))
    mac = coded(hmac.digest(pem, head + b"." + body, "sha256"))
    forged = [
        jwt.encode(claims, "", "none", headers={"kid": "k1"}),
        b".".join((head, body, mac)).decode(),  # the public key taken for a secret
        jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", headers={"kid": "k1"}),
        jwt.encode(claims, provider.keys["k1"][1], "RS512", headers={"kid": "k1"}),
        jwt.encode(claims, provider.keys["k1"][1], "RS256", headers={"kid": "k1", "jku": "http://127.0.0.1:1/"})[:-4] + "AAAA",
    ]
    assert [ask(client, token).status_code for token in forged] == [401] * len(forged)


def test_keys_are_rotated(sso: tuple[httpx.Client, Application, Provider], monkeypatch: pytest.MonkeyPatch) -> None:
    client, _, provider = sso
    monkeypatch.setattr(auth_sso, "_PATIENCE_S", 0.2)
    old = provider.token("k1")
    assert ask(client, old).status_code == 200
    provider.add("k2", "ES256")
    del provider.keys["k1"]
    time.sleep(0.25)
    assert ask(client, provider.token("k2")).status_code == 200  # an unknown id is asked for at once
    assert ask(client, old).status_code == 401
    monkeypatch.setattr(auth_sso, "_PATIENCE_S", 60)
    before = provider.read
    provider.add("k3")
    assert [ask(client, provider.token("k3")).status_code for _ in range(5)] == [401] * 5
    assert provider.read == before  # strangers cannot make us ask again and again


def test_a_provider_that_is_gone_is_told_and_keys_go_on(tmp_path: Path) -> None:
    told = {"sso__issuer": ISSUER, "sso__audience": AUDIENCE, "sso__jwks": "http://127.0.0.1:1/jwks"}
    provider = Provider()
    provider.add("k1")
    with service(tmp_path, **told) as (client, application):
        reply = ask(client, provider.token("k1"))
        assert (reply.status_code, reply.json()["code"]) == (502, "sso_unavailable")
        assert ask(client, key_of(application, "query")[1]).status_code == 200


def test_keys_from_a_file(tmp_path: Path) -> None:
    provider = Provider()
    provider.add("k1")
    file = tmp_path / "jwks.json"
    file.write_bytes(provider.jwks())
    told = {"sso__issuer": ISSUER, "sso__audience": AUDIENCE, "sso__jwks": str(file)}
    with service(tmp_path / "data", **told) as (client, _):
        assert ask(client, provider.token("k1")).status_code == 200


# -- widget ------------------------------------------------------------------------------------------------------------


def chat(client: httpx.Client, token: str, **headers: str) -> httpx.Response:
    """What a visitor's page does."""
    return client.post("/v1/query", json={"question": "lamp?"}, headers=bearer(token, **headers))


def mint(client: httpx.Client, key: str, **fields: Any) -> httpx.Response:
    return client.post("/v1/widget/tokens", json={"visitor": "v1"} | fields, headers=bearer(key))


def test_a_widget_token_asks_from_its_pages_and_does_nothing_else(tmp_path: Path) -> None:
    with service(tmp_path) as (client, application):
        key_id, key = key_of(application, "admin", origins=(SHOP, "https://www.shop.example"))
        minted = mint(client, key, origins=[SHOP])
        assert minted.status_code == 201
        token = minted.json()["token"]
        answer = chat(client, token, Origin=SHOP)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert "access-control-allow-credentials" not in answer.headers
        for origin in ("https://evil.example", "https://www.shop.example"):
            assert chat(client, token, Origin=origin).status_code == 403
        assert chat(client, token).status_code == 403  # a program, not a page
        for method, path in (
            ("GET", "/v1/documents"),
            ("GET", "/v1/documents/a/versions/1/text"),
            ("POST", "/v1/retrieve"),
            ("POST", "/retrieval"),
            ("GET", f"/v1/answers/{answer.json()['answer_id']}"),
            ("POST", f"/v1/answers/{answer.json()['answer_id']}/replay"),
            ("POST", "/mcp"),
            ("GET", "/metrics"),
        ):
            refused = client.request(
                method, path, json={"question": "lamp?"} if method == "POST" else None, headers=bearer(token, Origin=SHOP)
            )
            assert refused.status_code == 403, path
        assert mint(client, token).status_code == 403
        assert client.put("/v1/documents/a", json={"text": "t"}, headers=bearer(token, Origin=SHOP)).status_code == 403
        Keys(application.ledger.engine).revoke(key_id)
        assert chat(client, token, Origin=SHOP).status_code == 401


def test_a_widget_token_lives_for_minutes(tmp_path: Path) -> None:
    with service(tmp_path) as (client, application):
        _, key = key_of(application, "query", origins=(SHOP,))
        assert mint(client, key, ttl_s=901).status_code == 422
        short = mint(client, key, ttl_s=1).json()["token"]
        assert chat(client, short, Origin=SHOP).status_code == 200
        time.sleep(1.2)
        assert chat(client, short, Origin=SHOP).status_code == 401
        forged = jwt.encode(
            {"aud": "xiansou-widget", "exp": time.time() + 99, "key": "a", "vis": "v", "org": [SHOP]}, "guess" * 8
        )
        assert chat(client, f"xw_{forged}", Origin=SHOP).status_code == 401
        bare = mint(client, key_of(application, "query")[1])
        assert (bare.status_code, bare.json()["field"]) == (403, "origins")
        assert mint(client, key, origins=["https://evil.example"]).status_code == 422


@pytest.mark.parametrize(
    ("key", "token", "sees"),
    [
        (None, None, ()),
        (None, ["a"], ("a",)),
        (("a", "b"), None, ("a", "b")),
        (("a", "b"), ["b", "c"], ("b",)),
        ((), ["a"], ()),
    ],
)
def test_groups_of_a_visitor_only_narrow(key: Any, token: Any, sees: str) -> None:
    assert auth_widget._both(key, token) == tuple(sees)


def test_cors_is_for_the_origins_of_live_keys_only(tmp_path: Path) -> None:
    with service(tmp_path) as (client, application):
        key_id, _ = key_of(application, "query", origins=(SHOP,))
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        before = client.options("/v1/query", headers={"Origin": SHOP, **asked})
        assert (before.status_code, before.headers["access-control-allow-origin"]) == (204, SHOP)
        assert "Authorization" in before.headers["access-control-allow-headers"]
        assert "Origin" in before.headers["vary"]
        foreign = client.options("/v1/query", headers={"Origin": "https://evil.example", **asked})
        assert foreign.status_code == 403
        assert "access-control-allow-origin" not in foreign.headers
        refused = client.post("/v1/query", json={}, headers={"Origin": SHOP})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, SHOP)  # the page can read why
        Keys(application.ledger.engine).revoke(key_id)
        assert client.options("/v1/query", headers={"Origin": SHOP, **asked}).status_code == 403


def test_a_key_for_figures_reads_them_and_nothing_else(tmp_path: Path) -> None:
    with service(tmp_path) as (client, application):
        _, key = key_of(application, "metrics")
        assert client.get("/metrics", headers=bearer(key)).status_code == 200
        assert ask(client, key).status_code == chat(client, key).status_code == 403
        assert client.get("/v1/documents", headers=bearer(key)).status_code == 403
        assert client.get("/metrics", headers=bearer(key_of(application, "query")[1])).status_code == 403
        assert client.get("/metrics", headers=bearer(key_of(application, "admin")[1])).status_code == 200


def test_a_path_of_the_server_never_leaves_it(tmp_path: Path) -> None:
    with service(tmp_path) as (client, application):
        for number, source in enumerate(("/srv/secret/lamp.md", "https://help.example/lamp")):
            doc = DocumentInput(f"lamp{number}.md", b"The lamp blinks twice.", source=source)
            text = "The lamp blinks twice."
            vectors = application.embedder.embed_passages([text])
            application.ledger.put(
                PreparedDocument(doc, "Lamp", text, [Chunk(0, len(text), text)], vectors), application.generation
            )
        _, key = key_of(application, "admin")
        replies = [
            ask(client, key),
            client.get("/v1/documents", headers=bearer(key)),
            client.get("/v1/documents/lamp0.md", headers=bearer(key)),
            client.post("/v1/retrieve", json={"question": "lamp?", "explain": True}, headers=bearer(key)),
            chat(client, key),
        ]
        assert all(reply.status_code == 200 for reply in replies)
        assert all("/srv/secret" not in reply.text for reply in replies)
        assert {doc["source"] for doc in replies[1].json()["documents"]} >= {None, "https://help.example/lamp"}


def test_the_word_of_a_command_of_this_machine_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    word = new_token()
    monkeypatch.setenv(TOKEN_VARIABLE, word)
    with service(tmp_path) as (client, application):
        key_of(application, "admin")  # from now on loopback needs a key
        assert chat(client, word).status_code == 200
        assert chat(client, new_token()).status_code == 401
        assert client.get("/v1/keys", headers=bearer(word)).status_code == 403
