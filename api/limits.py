"""Rates by key, visitor and address, and a day's tokens and spend, counted in Redis for all processes together.

One check costs one round trip a counter, however many requests there were (a sliding window of two counters). The only
importer of `limits`.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.meter import CURRENT, Meter
from api.principal import Principal
from rag.domain import Answer, Question
from rag.errors import LimitReached, Overloaded
from rag.runtime.remote import Remote
from rag.settings import Settings

_MOMENT_S = 0.05  # the counters round down
_DAY_S = 86_400
_MICRO = 1_000_000  # spend is counted in millionths

# Takes ARGV[1] from a day's allowance of ARGV[2] unless that is too much. Returns what is left, or -1.
_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return -1 end
redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return tonumber(ARGV[2]) - used - tonumber(ARGV[1])
"""


class Rates:
    """Counts requests. Safe for threads."""

    def __init__(self, remote: Remote, settings: Settings):
        self._remote, self._settings = remote, settings.limits
        self._windows: tuple[Any, SlidingWindowCounterRateLimiter] | None = None
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())  # of this process, while Redis is gone

    def check(self, caller: Principal) -> None:
        """Counts one request of the caller. Raises LimitReached, and Overloaded when nobody can count visitors."""
        for what, name, most in self._counters(caller):
            taken = self._take(name, most)
            if taken is None:
                if caller.kind == "widget" or self._settings.without_redis == "closed":
                    raise Overloaded("requests cannot be counted at the moment.", retry_after=5)
                taken = self._own.hit(RateLimitItemPerMinute(most), name)
            if not taken:
                raise LimitReached(f"more than {most} requests a minute of one {what}.", retry_after=self._until(name, most))

    def check_stranger(self, address: str | None) -> None:
        """Counts a request that is refused, so that keys cannot be guessed fast. Raises LimitReached."""
        most, name = self._settings.address_per_minute, f"stranger:{_network(address)}"
        if most == 0:
            return
        taken = self._take(name, most)
        if not (self._own.hit(RateLimitItemPerMinute(most), name) if taken is None else taken):
            raise LimitReached("too many requests without a valid key.", retry_after=self._until(name, most))

    def _counters(self, caller: Principal) -> Iterator[tuple[str, str, int]]:
        if caller.kind == "local":
            return
        told = self._settings
        most = caller.allowance.requests_per_minute or told.key_per_minute
        counters = [("person" if caller.kind == "jwt" else "key", f"{caller.kind[:3]}:{caller.id}", most)]
        if caller.kind == "widget":  # before its key: a visitor that is refused uses up nothing of the others'
            visitor = f"visitor:{caller.id}:{caller.visitor}"
            address = f"address:{_network(caller.address)}"
            counters = [
                ("address", address, told.address_per_minute),
                ("visitor", visitor, told.visitor_per_minute),
                ("key", f"key:{caller.id}", most),
            ]
        yield from (counter for counter in counters if counter[2])

    def _take(self, name: str, most: int) -> bool | None:
        """Whether there was room; None while there is no Redis."""
        return self._remote.attempt(lambda client: self._window(client).hit(RateLimitItemPerMinute(most), name))

    def _until(self, name: str, most: int) -> float:
        """Seconds until the next request of a counter that is full will pass."""
        item = RateLimitItemPerMinute(most)
        key, expiry = item.key_for(name), item.get_expiry()
        told = self._remote.attempt(lambda client: self._window(client).storage.get_sliding_window(key, expiry))
        before, before_left, now, now_left = told or self._own.storage.get_sliding_window(key, expiry)
        return _until(before, before_left, now, max(0.0, now_left - expiry), most, expiry)  # it is kept for two windows

    def _window(self, client: Any) -> SlidingWindowCounterRateLimiter:
        if self._windows is None or self._windows[0] is not client:
            storage = RedisStorage("redis://", connection_pool=client.connection_pool, key_prefix="xiansou:rate")
            self._windows = client, SlidingWindowCounterRateLimiter(storage)
        return self._windows[1]


def _until(before: int, before_left: float, now: int, now_left: float, most: int, window: float) -> float:
    """Of a sliding window of two counters: `before` counts by the share of its time that is left, `now` fully.

    While `now` has room, the former window must shrink enough; else `now` must become the former one. `now_left`: until then.
    """
    if now < most and before:
        shrunk = before_left - (most - now) * window / before
        if shrunk <= now_left:
            return max(0.0, shrunk) + _MOMENT_S
    return now_left + _MOMENT_S


class Budgets:
    """A day's tokens and spend of a key: set aside before the LLM is called, settled after. Safe for threads."""

    def __init__(self, remote: Remote, settings: Settings, clock: Callable[[], float] = time.time):
        self._remote, self._limits, self._clock = remote, settings.limits, clock
        llms = [profile.generator for profile in settings.profiles.values() if profile.generator.kind != "extractive"]
        self._most = max((told.context_tokens for told in llms), default=0)  # prompt and answer of one question

    def limited(self, caller: Principal) -> bool:
        """Whether there is anything to set aside."""
        return self._most > 0 and any(self._caps(caller))

    def open(self, caller: Principal, meter: Meter) -> None:
        """Sets aside what one question can cost at most. When that is not left, `quoted` says: answer without an LLM."""
        meter.owner = caller.id
        tokens_cap, spend_cap = self._caps(caller)
        cost = self._micros(self._most, self._most)
        for unit, amount, cap in (("tokens", self._most, tokens_cap), ("spend", cost, int(spend_cap * _MICRO))):
            if cap and not meter.quoted:
                left = self._reserve(caller.id, unit, amount, cap)
                meter.quoted = left is None or left < 0  # nobody can count: nothing is spent
                if not meter.quoted and unit == "tokens":
                    meter.tokens = amount
                elif not meter.quoted:
                    meter.micros = amount

    def settle(self, meter: Meter) -> None:
        """Gives back what was set aside and not used."""
        for unit, aside, used in (("tokens", meter.tokens, meter.used_tokens), ("spend", meter.micros, meter.used_micros)):
            if aside:
                self._give_back(meter.owner, unit, aside - used)

    def heard(self, _question: Question, answer: Answer) -> None:
        """Notes an answer of the request that is under way, if it is one."""
        meter = CURRENT.get()
        if meter is not None:
            if not answer.cached:
                meter.used_tokens += answer.usage.prompt_tokens + answer.usage.completion_tokens
                meter.used_micros += self._micros(answer.usage.prompt_tokens, answer.usage.completion_tokens)
            meter.answers.append(answer)

    def _caps(self, caller: Principal) -> tuple[int, float]:
        if caller.kind == "local":
            return 0, 0.0
        told = caller.allowance
        tokens = self._limits.tokens_per_day if told.tokens_per_day is None else told.tokens_per_day
        spend = self._limits.spend_per_day if told.spend_per_day is None else told.spend_per_day
        return tokens, spend

    def _reserve(self, owner: str, unit: str, amount: int, cap: int) -> int | None:
        """What is left then; -1 when that was too much, None while there is no Redis."""
        key = self._key(owner, unit)
        return self._remote.attempt(lambda client: int(client.eval(_TAKE, 1, key, amount, cap, 2 * _DAY_S)))

    def _give_back(self, owner: str, unit: str, amount: int) -> None:
        key = self._key(owner, unit)
        self._remote.attempt(lambda client: client.decrby(key, amount))

    def _key(self, owner: str, unit: str) -> str:
        return f"xiansou:day:{int(self._clock() // _DAY_S)}:{unit}:{owner}"

    def _micros(self, prompt: int, completion: int) -> int:
        """Price in millionths of the currency: prices are for a million tokens."""
        return round(prompt * self._limits.prompt_price + completion * self._limits.completion_price)


def _network(address: str | None) -> str:
    """IPv6 customers have a /64 of their own."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(found) if found.version == 4 else str(ipaddress.ip_network(f"{found}/64", strict=False).network_address)
