"""The console: pages for who runs the service. Rendered here, kept lively by htmx; everything needs the scope `admin`."""

from __future__ import annotations

from fastapi import APIRouter

from api.web.console import access, document, gaps, library, playground, runs, traffic

router = APIRouter(include_in_schema=False)
for _part in (access, library, document, playground, gaps, traffic, runs):
    router.include_router(_part.router)
