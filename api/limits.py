"""Rates by key, visitor and address, and a day's tokens and spend, counted in Redis for all processes together.

One check costs one round trip a counter, however many requests there were (`api.windows`).
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator

from api.meter import CURRENT, Meter
from api.principal import Principal
from api.windows import OwnWindows, Rate, redis_hit
from rag.domain import Answer, Question
from rag.errors import LimitReached, Overloaded
from rag.runtime.remote import Remote
from rag.settings import Settings

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
        self._own = OwnWindows()  # of this process, while Redis is gone

    def check(self, caller: Principal) -> Rate | None:
        """Counts one request of the caller; the counter with the least room, None where nothing is counted.

        Raises LimitReached, and Overloaded when nobody can count visitors.
        """
        least: Rate | None = None
        for what, name, most in self._counters(caller):
            taken = self._take(name, most)
            if taken is None:
                if caller.kind == "widget" or self._settings.without_redis == "closed":
                    raise Overloaded("requests cannot be counted at the moment.", retry_after=5)
                taken = self._own.hit(name, most)
            if not taken.taken:
                raise Spent(f"more than {most} requests a minute of one {what}.", taken)
            least = taken if least is None or taken.remaining < least.remaining else least
        return least

    def check_stranger(self, address: str | None) -> None:
        """Counts a request that is refused, so that keys cannot be guessed fast. Raises LimitReached."""
        self._check_address("stranger", address, "too many requests without a valid key.")

    def check_reader(self, address: str | None) -> None:
        """Counts a request that needs no key. Raises LimitReached."""
        self._check_address("reader", address, "too many requests from one address.")

    def _check_address(self, kind: str, address: str | None, detail: str) -> None:
        most, name = self._settings.address_per_minute, f"{kind}:{_network(address)}"
        if most and not (rate := self._take(name, most) or self._own.hit(name, most)).taken:
            raise Spent(detail, rate)

    def _counters(self, caller: Principal) -> Iterator[tuple[str, str, int]]:
        if caller.kind == "local":
            return
        settings = self._settings
        most = caller.allowance.requests_per_minute or settings.key_per_minute
        counters = [("person" if caller.kind == "jwt" else "key", f"{caller.kind[:3]}:{caller.id}", most)]
        if caller.kind == "widget":  # before its key: a visitor that is refused uses up nothing of the others'
            visitor = f"visitor:{caller.id}:{caller.visitor}"
            address = f"address:{_network(caller.address)}"
            counters = [
                ("address", address, settings.address_per_minute),
                ("visitor", visitor, settings.visitor_per_minute),
                ("key", f"key:{caller.id}", most),
            ]
        yield from (counter for counter in counters if counter[2])

    def _take(self, name: str, most: int) -> Rate | None:
        """None while there is no Redis."""
        return self._remote.attempt(lambda client: redis_hit(client, name, most))


class Spent(LimitReached):
    """A rate is used up; `rate` says how it stands."""

    def __init__(self, detail: str, rate: Rate):
        super().__init__(detail, retry_after=rate.retry_s)
        self.rate = rate


class Budgets:
    """A day's tokens and spend of a key: set aside before the LLM is called, settled after. Safe for threads."""

    def __init__(self, remote: Remote, settings: Settings, clock: Callable[[], float] = time.time):
        self._remote, self._limits, self._clock = remote, settings.limits, clock
        llms = [profile.generator for profile in settings.profiles.values() if profile.generator.kind != "extractive"]
        self._most = max((llm.context_tokens for llm in llms), default=0)  # prompt and answer of one question

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
        allowance = caller.allowance
        tokens = self._limits.tokens_per_day if allowance.tokens_per_day is None else allowance.tokens_per_day
        spend = self._limits.spend_per_day if allowance.spend_per_day is None else allowance.spend_per_day
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
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address)
