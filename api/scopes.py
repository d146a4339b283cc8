"""Which scope each route needs. It declares it by the type of one parameter; a route that does not is refused at the start.

def retrieve(body: Body, here: Here, caller: Asker) -> …:
    question = caller.within(body.to_question())
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.security import HTTPBearer

from api.auth import PUBLIC
from api.principal import Principal
from api.state import state
from rag.errors import Forbidden
from rag.record.keys import KeyScope


class Requires:
    """A dependency: the caller, who has one of the scopes.

    `widget`: also tokens of a chat widget's visitors. `turn`: a question, which waits for its turn where it is a POST.
    """

    def __init__(self, *scopes: KeyScope, widget: bool = False, turn: bool = False):
        self.scopes, self.widget, self.turn = scopes, widget, turn

    async def __call__(
        self, request: Request, _shown: Annotated[Any, Security(HTTPBearer(auto_error=False, description="A key: xs_…"))]
    ) -> Principal:
        """Raises Forbidden. Who it is, `api.gate` has found out before the body was read."""
        caller: Principal = request.state.principal
        if not caller.may(*self.scopes) or (caller.kind == "widget" and not self.widget):
            needed = " or ".join(f"`{scope}`" for scope in self.scopes)
            if caller.kind == "widget":
                raise Forbidden("a visitor's token asks and gives feedback, no more.", fix="Use a key on your own server.")
            raise Forbidden(f"this needs the scope {needed}.", fix="Use a key that has it.")
        if self.turn and request.method == "POST":  # a question, which costs more than reading what is there
            caller = await state(request).access.turn(request, caller)
        return caller


def requires(*scopes: KeyScope, widget: bool = False, turn: bool = False) -> Any:
    """`caller: Annotated[Principal, requires("query")]`. Any one of the scopes is enough; `admin` always is."""
    return Depends(Requires(*scopes, widget=widget, turn=turn))


Asker = Annotated[Principal, requires("query", widget=True, turn=True)]  # asks; also a visitor of a chat widget
Searcher = Annotated[Principal, requires("query", turn=True)]  # is shown passages: a server's key, no visitor's token
Member = Annotated[Principal, requires("query")]  # reads what answers were made of; no visitor's token
Reader = Annotated[Principal, requires("query", "ingest")]  # reads documents
Writer = Annotated[Principal, requires("ingest")]  # changes documents, follows jobs
Admin = Annotated[Principal, requires("admin")]
Monitor = Annotated[Principal, requires("metrics")]  # reads figures: Prometheus' key can do nothing else


def undeclared(app: FastAPI) -> list[str]:
    """Routes that neither declare a scope nor are public, as `METHOD path`."""
    return [
        f"{' '.join(sorted(route.methods or {'*'}))} {route.path}"
        for route in iter_route_contexts(app.routes)
        if route.path not in PUBLIC and declared(route) is None
    ]


def declared(route: RouteContext) -> Requires | None:
    """What a route requires."""
    dependant = getattr(route, "dependant", None)
    return next((call for call in _calls(dependant) if isinstance(call, Requires)), None) if dependant else None


def questions(app: FastAPI) -> frozenset[str]:
    """Paths that answer a question."""
    routes = ((route, declared(route)) for route in iter_route_contexts(app.routes))
    return frozenset(
        str(route.path) for route, requirement in routes if requirement and requirement.turn and "POST" in (route.methods or ())
    )


def check_routes(app: FastAPI) -> None:
    """Raises AssertionError when a route declares no scope: such a route would be open to everyone."""
    if forgotten := undeclared(app):
        raise AssertionError(
            f"no scope is declared by: {'; '.join(forgotten)}. Give the handler a parameter `caller: Asker`, `Reader`, "
            "`Writer` or `Admin` of api/scopes.py, or, when everyone may call it, add its path to PUBLIC of api/auth.py."
        )


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
