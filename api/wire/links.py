"""Where the citations of one answer lead: to the document's own address, else to our page of the cited passage.

Chat windows tell sources apart by their address (Open WebUI numbers the different ones), so no two citations of an answer
share one: where a page is cited again, its link names the words too, as browsers know it (`#:~:text=`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from rag.domain import Citation

_WEB = ("http", "https")
_MARKUP = re.compile(r"[|*_`#>\[\]()\n\r\t]+")
_LONGEST = 60  # characters of a page that are looked for


class Links:
    """For one answer. `page`: the address of our page of a citation."""

    def __init__(self, page: Callable[[Citation], str]):
        self._page = page
        self._links: dict[int, str] = {}
        self._taken = set[str]()

    def of(self, citation: Citation) -> str:
        """The same each time it is asked for."""
        if (address := self._links.get(citation.n)) is not None:
            return address
        own = citation.url if citation.url and urlsplit(citation.url).scheme.lower() in _WEB else None
        link = _in_link(own) if own else self._page(citation)
        if link in self._taken:
            link = _at_words(link, citation)
        self._taken.add(link)
        self._links[citation.n] = link
        return link


def _in_link(url: str) -> str:
    """An address may hold no space, quote or angle bracket, wherever it is put."""
    return quote(url, safe="%/:=&?~#+!$,;'@()*[]")


def _at_words(link: str, citation: Citation) -> str:
    pieces = (piece.strip() for piece in _MARKUP.split(citation.cited_text))
    words = next((piece for piece in pieces if len(piece) > 2), citation.title)
    if len(words) > _LONGEST:
        words = words[:_LONGEST].rpartition(" ")[0] or words[:_LONGEST]
    said = quote(words, safe="").replace("-", "%2D")
    return f"{link}{'' if '#' in link else '#'}:~:text={said}&n={citation.n}"
