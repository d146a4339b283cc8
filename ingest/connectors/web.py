"""Web pages and sitemaps: robots.txt, conditional requests, a limit on size and time, checked addresses."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx
import orjson
from lxml import etree
from protego import Protego

from ingest.connectors.addresses import PinnedBackend, Resolve, resolve
from ingest.connectors.base import Fetched, Item, check_options
from rag.errors import InputError, NotFound, ParseError, UpstreamError
from rag.settings import Settings

_REDIRECTS = 5
_NESTED = 2  # a sitemap index, and the sitemaps in it
_ROBOTS_BYTES = 512_000
_LONGEST_DELAY_S = 10.0


class Web:
    """One page, or the pages of a sitemap (`sitemap=True`)."""

    def __init__(
        self,
        location: str,
        options: Mapping[str, Any],
        settings: Settings,
        *,
        sitemap: bool,
        resolver: Resolve = resolve,
    ):
        check_options(options, frozenset())
        if urlsplit(location).scheme not in ("http", "https") or not urlsplit(location).hostname:
            raise InputError(f"{location} is no web address.", field="LOCATION", fix="It begins with https://.")
        self._location, self._sitemap, self._settings = location, sitemap, settings
        self._client = _client(settings, resolver)
        self._robots: dict[str, Protego | None] = {}
        self._asked_at: dict[str, float] = {}

    def close(self) -> None:
        self._client.close()

    def items(self) -> Iterator[Item]:
        if not self._sitemap:
            yield Item(self._location)
            return
        host, seen = urlsplit(self._location).netloc, dict[str, None]()
        for url in self._pages(self._location, 0):
            if urlsplit(url).netloc == host:  # a sitemap speaks for its own host
                seen.setdefault(url.partition("#")[0])
            if len(seen) == self._settings.sources.max_pages:
                break
        yield from map(Item, seen)

    def read(self, item: Item, mark: str) -> Fetched | None:
        if not self._allowed(item.key):
            raise ParseError("robots.txt does not allow it.", code="robots", fix="Ask the site's owner.")
        validators = orjson.loads(mark) if mark else {}
        conditions = {"If-None-Match": validators.get("etag"), "If-Modified-Since": validators.get("modified")}
        status, headers, content, url = self._get(item.key, {k: v for k, v in conditions.items() if v})
        if status == 304:
            return None
        if status in (404, 410):
            raise NotFound(f"{item.key} is gone ({status}).")
        if status != 200:
            raise UpstreamError(f"{item.key} answers {status}.", code="unreachable")
        kept = {"etag": headers.get("etag"), "modified": headers.get("last-modified")}
        name = PurePosixPath(unquote(urlsplit(url).path)).name or None
        mark = orjson.dumps({k: v for k, v in kept.items() if v}, option=orjson.OPT_SORT_KEYS).decode()
        return Fetched(content, mark, name, headers.get("content-type"), url)

    # -- sitemaps ------------------------------------------------------------------------------------------------------

    def _pages(self, url: str, depth: int) -> Iterator[str]:
        status, _, content, _ = self._get(url, {})
        if status != 200:
            raise UpstreamError(f"the sitemap {url} answers {status}.", code="unreachable", fix="Check its address.")
        if content[:2] == b"\x1f\x8b":
            content = _unpacked(content, self._settings.ingest.max_bytes)
        try:
            root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
        except etree.XMLSyntaxError as exc:
            raise UpstreamError(f"{url} is no sitemap: {exc}.", code="unreachable", fix="Check its address.") from exc
        addresses = [(node.text or "").strip() for node in root.iter("{*}loc")]
        if etree.QName(root).localname != "sitemapindex":
            yield from filter(None, addresses)
        elif depth < _NESTED:
            for inner in filter(None, addresses):
                yield from self._pages(inner, depth + 1)

    # -- robots.txt ----------------------------------------------------------------------------------------------------

    def _allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            self._robots[site] = self._rules(site)
        rules, agent = self._robots[site], self._settings.sources.user_agent
        if rules is None:
            return True
        delay = min(float(rules.crawl_delay(agent) or 0), _LONGEST_DELAY_S)
        left = self._asked_at.get(site, float("-inf")) + delay - time.monotonic()
        if left > 0:
            time.sleep(left)
        self._asked_at[site] = time.monotonic()
        return bool(rules.can_fetch(url, agent))

    def _rules(self, site: str) -> Protego | None:
        """None: everything is allowed. As RFC 9309: no file allows all, a server that fails allows nothing."""
        status, _, content, _ = self._get(f"{site}/robots.txt", {})
        if 400 <= status < 500:
            return None
        if status != 200:
            raise UpstreamError(f"{site}/robots.txt answers {status}.", code="unreachable", fix="Try again later.")
        # Protego takes a byte order mark for a part of the first field's name, and with it loses the first group.
        return Protego.parse(content[:_ROBOTS_BYTES].decode("utf-8-sig", "replace"))

    # -- requests ------------------------------------------------------------------------------------------------------

    def _get(self, url: str, headers: Mapping[str, str]) -> tuple[int, httpx.Headers, bytes, str]:
        """(status, headers, content, final address). Raises UpstreamError, ParseError `too_large`."""
        limit, deadline = self._settings.ingest.max_bytes, time.monotonic() + self._settings.sources.timeout_s
        content = bytearray()
        try:
            with self._client.stream("GET", url, headers=dict(headers)) as reply:
                for part in reply.iter_bytes(65_536):
                    content += part
                    if len(content) > limit:
                        raise ParseError(
                            f"it is over the limit of {limit:,} bytes.", code="too_large", fix="Raise `ingest.max_bytes`."
                        )
                    if time.monotonic() > deadline:
                        raise UpstreamError(
                            f"{url} takes too long.", code="unreachable", fix="Raise `sources.timeout_s` if it is that slow."
                        )
                return reply.status_code, reply.headers, bytes(content), str(reply.url)
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, zlib.error, ValueError) as exc:
            raise UpstreamError(f"{url} cannot be fetched: {exc or type(exc).__name__}.", code="unreachable") from exc


def _client(settings: Settings, resolver: Resolve) -> httpx.Client:
    transport = httpx.HTTPTransport(trust_env=False)
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False),
        network_backend=PinnedBackend(allow_private=settings.sources.allow_private, resolver=resolver),
        max_connections=4,
    )
    return httpx.Client(
        transport=transport,
        trust_env=False,  # a proxy would resolve names itself
        follow_redirects=True,
        max_redirects=_REDIRECTS,
        timeout=httpx.Timeout(settings.sources.timeout_s, connect=min(10.0, settings.sources.timeout_s)),
        headers={"User-Agent": settings.sources.user_agent, "Accept": "text/html, text/markdown, application/pdf, */*;q=0.5"},
    )


def _unpacked(content: bytes, limit: int) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as file:
            text = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise UpstreamError(f"a sitemap cannot be unpacked: {exc}.", code="unreachable") from exc
    if len(text) > limit:
        raise UpstreamError("a sitemap is too large.", code="too_large", fix="Raise `ingest.max_bytes`.")
    return text
