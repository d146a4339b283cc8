"""Settings of sources that are synchronised: web pages, repositories, object stores, folders."""

from __future__ import annotations

from pydantic import Field

from rag.settings.sections import Section


class Sources(Section):
    allow_private: bool = Field(
        False, description="Let web and git sources reach private, loopback and link-local addresses (an intranet)."
    )
    timeout_s: float = Field(30.0, gt=0, le=600, description="Longest time to fetch one page.")
    max_pages: int = Field(5000, ge=1, description="Pages taken from one sitemap.")
    user_agent: str = Field("xiansou", min_length=1, description="Name that web servers are told and robots.txt is read for.")
