"""Web pages, sitemaps, repositories and stores, each with the real thing on this machine."""

from __future__ import annotations

import gzip
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest.connectors.base import Item
from ingest.connectors.files import Files
from ingest.connectors.git import Git
from ingest.connectors.objects import Objects
from ingest.connectors.registry import guess
from ingest.connectors.web import Web
from rag.errors import InputError, NotFound, ParseError, UpstreamError
from rag.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    told = {"data_dir": str(tmp_path / "data"), "sources.allow_private": True, "ingest.max_bytes": 5000}
    return load(env={}, overrides=told | {"sources.timeout_s": 5})


class Site:
    """A web site: path → (status, headers, body); what was asked of it."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                status, headers, body = site.pages.get(self.path, (404, {}, b"no"))
                if status == 200 and headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *told: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def page(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else body.encode()
        told = {"Content-Type": "text/html", **{key.replace("_", "-"): value for key, value in headers.items()}}
        self.pages[path] = (status, told, content)

    def times(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site()
    yield opened
    opened.server.shutdown()
    opened.thread.join()
    opened.server.server_close()


def web(site: Site, settings: Settings, path: str = "/a.html", **told: Any) -> Web:
    return Web(site.url + path, {}, settings, **{"sitemap": False} | told)


def test_a_page_is_asked_for_again_only_if_it_changed(site: Site, settings: Settings) -> None:
    site.page("/a.html", "<p>one</p>", ETag='"1"', Last_Modified="Mon, 01 Jun 2026 00:00:00 GMT")
    opened = web(site, settings)
    (item,) = opened.items()
    first = opened.read(item, "")
    assert first is not None
    assert (first.content, first.filename, first.mime_type, first.url) == (
        b"<p>one</p>",
        "a.html",
        "text/html",
        site.url + "/a.html",
    )
    assert opened.read(item, first.mark) is None
    sent = site.asked[-1][1]
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"1"', "Mon, 01 Jun 2026 00:00:00 GMT")
    assert sent["user-agent"] == "xiansou"
    site.page("/a.html", "<p>two</p>", ETag='"2"')
    second = opened.read(item, first.mark)
    assert second is not None
    assert second.content == b"<p>two</p>"
    site.pages.clear()
    with pytest.raises(NotFound):
        opened.read(item, second.mark)
    assert site.times("/robots.txt") == 1
    opened.close()


def test_robots_txt_is_followed(site: Site, settings: Settings) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /private*/\nDisallow: /*.tmp$\n")
    site.page("/private-area/a.html", "secret")
    for path in ("/private-area/a.html", "/x.tmp"):
        with pytest.raises(ParseError) as refused:
            web(site, settings).read(Item(site.url + path), "")
        assert refused.value.code == "robots"
        assert site.times(path) == 0
    site.page("/robots.txt", "broken", status=503)
    with pytest.raises(UpstreamError):
        web(site, settings).read(Item(site.url + "/b.html"), "")


def test_robots_txt_with_a_byte_order_mark_is_followed(site: Site, settings: Settings) -> None:
    site.page("/robots.txt", "\ufeffUser-agent: *\nDisallow: /drafts\n")
    site.page("/drafts/a.html", "not yet public")
    with pytest.raises(ParseError) as refused:
        web(site, settings).read(Item(site.url + "/drafts/a.html"), "")
    assert (refused.value.code, site.times("/drafts/a.html")) == ("robots", 0)


def test_private_addresses_are_refused_also_after_a_redirect(site: Site, settings: Settings) -> None:
    strict = settings.model_copy(update={"sources": settings.sources.model_copy(update={"allow_private": False})})
    with pytest.raises(UpstreamError) as refused:
        web(site, strict).read(Item(site.url + "/a.html"), "")
    assert (refused.value.code, site.asked) == ("private_address", [])
    inner = Site()
    try:
        inner.page("/secret", "internal")
        port = inner.server.server_address[1]
        site.page("/a.html", "", status=302, Location=f"http://metadata.internal:{port}/secret")
        # `site` stands for a public host; what it redirects to resolves to a loopback address.
        public = f"http://docs.example.com:{site.server.server_address[1]}"

        def resolver(host: str, port: int) -> list[str]:
            if host == "docs.example.com":
                return ["127.0.0.1"]
            raise AssertionError("only the public host may be asked for") if host != "metadata.internal" else _Refuse()

        class _Refuse(UpstreamError):
            def __init__(self) -> None:
                super().__init__("metadata.internal is at 169.254.169.254", code="private_address")

        opened = Web(f"{public}/a.html", {}, settings, sitemap=False, resolver=resolver)
        with pytest.raises(UpstreamError) as refused:
            opened.read(Item(f"{public}/a.html"), "")
        assert (refused.value.code, inner.asked) == ("private_address", [])
    finally:
        inner.server.shutdown()
        inner.thread.join()
        inner.server.server_close()


def test_limits_of_size_redirects_and_encodings(site: Site, settings: Settings) -> None:
    site.page("/big.html", "x" * 6000)
    site.page("/bomb.html", gzip.compress(b"x" * 1_000_000), Content_Encoding="gzip")
    for path in ("/big.html", "/bomb.html"):
        with pytest.raises(ParseError) as refused:
            web(site, settings).read(Item(site.url + path), "")
        assert refused.value.code == "too_large"
    site.page("/loop", "", status=302, Location="/loop")
    site.page("/file", "", status=302, Location="file:///etc/passwd")
    for path in ("/loop", "/file"):
        with pytest.raises(UpstreamError):
            web(site, settings).read(Item(site.url + path), "")


def test_a_sitemap_of_sitemaps_names_pages_of_its_own_host(site: Site, settings: Settings) -> None:
    def urls(*paths: str) -> str:
        return "".join(f"<url><loc>{path}</loc></url>" for path in paths)

    ns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    inner = f"<urlset {ns}>{urls(site.url + '/a', site.url + '/b#x', 'https://elsewhere.example/c', site.url + '/a')}</urlset>"
    site.page("/inner.xml.gz", gzip.compress(inner.encode()))
    site.page("/sitemap.xml", f"<sitemapindex {ns}><sitemap><loc>{site.url}/inner.xml.gz</loc></sitemap></sitemapindex>")
    opened = web(site, settings, "/sitemap.xml", sitemap=True)
    assert [item.key for item in opened.items()] == [site.url + "/a", site.url + "/b"]
    site.page(
        "/sitemap.xml", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset><url><loc>&e;</loc></url></urlset>'
    )
    assert list(opened.items()) == []
    site.page("/sitemap.xml", "", status=500)
    with pytest.raises(UpstreamError):
        list(opened.items())


def git(folder: Path, *arguments: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a"}
    environment = os.environ | who | {"GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": "/dev/null"}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "docs" / "说明").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "docs" / "a.md").write_text("# A\n\nOne.")
    (folder / "docs" / "说明" / "b c.md").write_text("# B\n\nTwo.")
    (folder / "docs" / "link.md").symlink_to("/etc/passwd")
    (folder / "docs" / "program.exe").write_bytes(b"MZ")
    (folder / "root.md").write_text("# Root")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def test_a_folder_of_a_repository(repository: Path, settings: Settings, tmp_path: Path) -> None:
    opened = Git(str(repository), {"folder": "docs"}, settings, cache=tmp_path / "cache")
    items = {item.key: item for item in opened.items()}
    assert set(items) == {"a.md", "说明/b c.md"}, "no links, nothing that is no document, nothing outside of the folder"
    read = opened.read(items["说明/b c.md"], "")
    assert read is not None
    assert (read.content, read.filename) == (b"# B\n\nTwo.", "b c.md")
    assert opened.read(items["a.md"], items["a.md"].mark) is None
    (repository / "docs" / "a.md").write_text("# A\n\nChanged.")
    git(repository, "rm", "-q", "docs/说明/b c.md")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "second")
    after = {item.key: item for item in opened.items()}
    assert set(after) == {"a.md"}
    assert after["a.md"].mark != items["a.md"].mark
    assert set(Git(str(repository), {}, settings, cache=tmp_path / "c2").items()) > set()
    with pytest.raises(UpstreamError):
        list(Git(str(repository), {"branch": "none"}, settings, cache=tmp_path / "c3").items())
    with pytest.raises(InputError):
        Git(str(repository), {"brunch": "main"}, settings, cache=tmp_path / "c4")
    with pytest.raises(InputError):
        Git("ext::sh -c id", {}, settings, cache=tmp_path / "c5")


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_an_object_store(kind: str, settings: Settings, tmp_path: Path) -> None:
    import fsspec

    root = f"file://{tmp_path}/bucket" if kind == "file" else "memory://bucket-of-test"
    files, path = fsspec.core.url_to_fs(root)
    files.makedirs(f"{path}/sub", exist_ok=True)
    for name, content in (("a.md", b"# A"), ("sub/b.txt", b"B"), ("c.bin", b"?"), ("big.md", b"x" * 6000)):
        files.pipe_file(f"{path}/{name}", content)
    opened = Objects(root, {}, settings)
    items = {item.key: item for item in opened.items()}
    assert set(items) == {"a.md", "sub/b.txt", "big.md"}
    read = opened.read(items["sub/b.txt"], "")
    assert read is not None
    assert (read.content, read.filename) == (b"B", "b.txt")
    assert opened.read(items["a.md"], items["a.md"].mark) is None
    with pytest.raises(ParseError):
        opened.read(items["big.md"], "")
    files.rm(f"{path}/a.md")
    files.pipe_file(f"{path}/sub/b.txt", b"longer")
    after = {item.key: item for item in opened.items()}
    assert set(after) == {"sub/b.txt", "big.md"}
    assert after["sub/b.txt"].mark != items["sub/b.txt"].mark
    assert [item.key for item in Objects(root, {"include": "*.txt"}, settings).items()] == ["sub/b.txt"]
    files.rm(path, recursive=True)
    with pytest.raises(UpstreamError):
        list(opened.items())


@pytest.mark.parametrize("location", ["http://x/y", "ftp://x/y", "github://a:b@/", "/tmp", "s4://b"])
def test_stores_that_are_none(location: str, settings: Settings) -> None:
    with pytest.raises(InputError):
        Objects(location, {}, settings)


def test_a_folder_that_is_gone_is_not_an_empty_one(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    assert list(Files(str(folder), {}, settings).items()) == []
    folder.rmdir()
    with pytest.raises(UpstreamError):
        list(Files(str(folder), {}, settings).items())


def test_kinds_are_guessed(repository: Path, tmp_path: Path) -> None:
    assert guess("https://docs.example.com/guide") == "web"
    assert guess("https://docs.example.com/sitemap.xml") == "sitemap"
    assert guess("https://code.example.com/a/b.git") == "git"
    assert guess("s3://bucket/docs") == "objects"
    assert guess(str(tmp_path)) == "folder"
    assert guess(str(repository / ".git")) == "git"
    with pytest.raises(InputError):
        guess(str(tmp_path / "none"))
