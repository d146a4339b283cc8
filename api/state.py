"""What handlers work with: made when the service starts, given by one dependency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from api.auth import Access
from api.desk import Desk
from ingest.jobs import Jobs
from rag.errors import Overloaded
from rag.runtime.remote import Doorbell
from rag.wiring import Application


@dataclass(frozen=True, slots=True)
class State:
    """The application, the record of jobs, the doorbell of the workers, who may call, and the way to a person.

    `waiting` limits the threads in which writes wait for their job: they must not take those that answer questions.
    """

    application: Application
    jobs: Jobs
    doorbell: Doorbell
    waiting: CapacityLimiter
    access: Access
    desk: Desk


def state(request: Request) -> State:
    """Raises Overloaded before the service has started."""
    here = request.app.state.here
    if not isinstance(here, State):
        raise Overloaded("the service is starting", retry_after=1)
    return here


async def _here(request: Request) -> State:
    """The one dependency of handlers. As all of ours it is a coroutine: any other takes a thread for every request."""
    return state(request)


Here = Annotated[State, Depends(_here)]
