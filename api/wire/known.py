"""Clients that drop a reply's annotations, known by their headers: their readers see sources only as links in the text.

Links in the text (`markdown`) take nothing away: the annotations stand beside them, for those who read them. Which client
sends what was seen with the versions that docs/clients.md names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Shown = Literal["annotations", "markdown", "openwebui"]

# LangChain in JavaScript is also what LibreChat, n8n and Flowise ask with; `ai/` is the Vercel AI SDK with whichever provider.
_AGENTS = re.compile(r"langchain|\bai/\d|\bai-sdk\b|cherrystudio|librechat|\bn8n\b|flowise|lobe-?(?:chat|hub)", re.I)
_LANGCHAINS = re.compile(r"langchain|librechat|\bn8n\b|flowise", re.I)
_TITLES = re.compile(r"cherry studio|librechat|lobe", re.I)
_OPEN_WEBUI = "x-openwebui-"


def shown_in_responses(headers: Mapping[str, str]) -> Shown:
    """As `shown_by`, for Responses: Vercel's provider shows their annotations as sources, but what asks by LangChain takes the
    text alone (n8n's OpenAI Chat Model speaks Responses unless told otherwise)."""
    agent = headers.get("user-agent", "")
    return "markdown" if _LANGCHAINS.search(agent) or _TITLES.search(headers.get("x-title", "")) else "annotations"


def shown_by(headers: Mapping[str, str]) -> Shown:
    """The style of citations that the client behind these headers shows."""
    if any(name.lower().startswith(_OPEN_WEBUI) for name in headers):
        return "openwebui"
    agent = headers.get("user-agent", "")
    if _AGENTS.search(agent) or _TITLES.search(headers.get("x-title", "")):
        return "markdown"
    if agent.startswith("OpenAI/Python") and headers.get("x-stainless-raw-response") == "true":  # LangChain in Python
        return "markdown"
    return "annotations"
