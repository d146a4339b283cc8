"""The line in front of the answers: places, a bounded wait, and quick refusals."""

from __future__ import annotations

import asyncio
import time

import pytest

from api.admission import Admission
from rag.errors import Overloaded


@pytest.mark.alone
async def test_places_go_on_in_order_and_a_full_line_refuses_at_once() -> None:
    line = Admission(concurrent=2, queued=2, wait_s=5)
    entered = [await line.enter() for _ in range(2)]
    order: list[int] = []

    async def wait(n: int) -> float:
        at = await line.enter()
        order.append(n)
        return at

    waiting = [asyncio.create_task(wait(n)) for n in range(2)]
    await asyncio.sleep(0)
    assert (line.running, line.waiting) == (2, 2)
    began = time.monotonic()
    with pytest.raises(Overloaded) as caught:
        await line.enter()
    assert time.monotonic() - began < 0.05
    assert caught.value.retry_after >= 1
    for at in entered:
        line.leave(at)
    for at in [await task for task in waiting]:
        line.leave(at)
    assert order == [0, 1]
    assert (line.running, line.waiting) == (0, 0)


async def test_who_waits_too_long_or_goes_away_leaves_the_line() -> None:
    line = Admission(concurrent=1, queued=5, wait_s=0.05)
    entered = await line.enter()
    gone = asyncio.create_task(line.enter())
    await asyncio.sleep(0)
    gone.cancel()
    for patience in (None, 0.01):
        with pytest.raises(Overloaded):
            await line.enter(patience)
    assert line.waiting == 0
    line.leave(entered)
    assert line.running == 0
    line.leave(await line.enter())


async def test_no_place_is_ever_lost() -> None:
    """Cancels and timeouts at random moments: in the end all places are free."""
    line = Admission(concurrent=3, queued=10, wait_s=0.02)

    async def one(n: int) -> None:
        try:
            at = await line.enter()
        except Overloaded:
            return
        try:
            await asyncio.sleep(0.001 * (n % 7))
        finally:
            line.leave(at)

    tasks = [asyncio.create_task(one(n)) for n in range(400)]
    for n, task in enumerate(tasks):
        await asyncio.sleep(0.0005)
        if n % 3 == 0:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (line.running, line.waiting) == (0, 0)


async def test_a_place_is_kept_for_who_is_on_the_way() -> None:
    line = Admission(concurrent=1, queued=1, wait_s=5)
    first, second = line.arrive(), line.arrive()
    with pytest.raises(Overloaded):
        line.arrive()
    second.over()
    second.over()  # it is given back once
    third = line.arrive()
    with pytest.raises(Overloaded):
        line.arrive()
    for arrival in (first, third):
        arrival.over()
    entered = await line.enter()
    assert (line.coming, line.running) == (0, 1)
    line.leave(entered)
