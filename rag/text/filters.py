"""Filters by a document's metadata or a case's fields: what they may be, and whether a passage meets them.

`{"product": "Cam 2", "status": ["open", "solved"], "price": {"gte": 10, "lt": 20}, "opened": {"gte": "2026-03"}}`: all must
match. Names are compared without case. A value of a passage may be a list: one of its members is enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from rag.errors import InputError
from rag.text.dates import dates
from rag.text.tokens import one_line

OPERATORS = ("eq", "ne", "in", "nin", "gt", "gte", "lt", "lte")
RANGES = OPERATORS[4:]
_NUMBER = re.compile(r"[€$£¥￥]?\s*(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)\s*[^\W\d_]{0,12}[%°]?")
_LONGEST = 60  # characters of a value that may be a number or a date
_DAY_S = 86_400.0

Order = tuple[str, float, float]
"""What a value is when it is compared: `number` or `date`, and the first and last of it (a month has 28 to 31 days)."""


def check_filters(filters: Mapping[str, Any] | None, field: str = "filters") -> dict[str, Any]:
    """The filters with operators as `OPERATORS` names them. Raises InputError naming the filter that cannot be."""
    return {name: _checked(wanted, f"{field}.{name}", name) for name, wanted in (filters or {}).items()}


def _checked(wanted: Any, field: str, name: str) -> Any:
    if not isinstance(wanted, Mapping):
        for one in wanted if isinstance(wanted, list | tuple) else [wanted]:
            if not isinstance(one, str | int | float | bool):
                detail = f"`{name}` must be a text, number or boolean, a list of them, or a range."
                raise InputError(detail, field=field, fix='A range is {"gte": 10, "lt": 20}.')
        return wanted
    if not wanted:
        raise InputError(f"the range of `{name}` is empty.", field=field, fix=f"Use {', '.join(OPERATORS)}.")
    return {_operator(key, field, name): _bound(key, value, field, name) for key, value in wanted.items()}


def _operator(key: Any, field: str, name: str) -> str:
    plain = str(key).removeprefix("$").lower()
    if plain not in OPERATORS:
        raise InputError(f"`{key}` of `{name}` is no operator.", field=field, fix=f"Use {', '.join(OPERATORS)}.")
    return plain


def _bound(key: Any, value: Any, field: str, name: str) -> Any:
    plain = str(key).removeprefix("$").lower()
    if plain in ("in", "nin"):
        if not isinstance(value, list | tuple):
            raise InputError(f"`{key}` of `{name}` needs a list.", field=field, fix="Send a list of values.")
        return _checked(list(value), field, name)
    if isinstance(value, Mapping | list | tuple) or not isinstance(value, str | int | float | bool):
        raise InputError(f"`{key}` of `{name}` needs one value.", field=field, fix="Send a text, number or boolean.")
    if plain in RANGES and (isinstance(value, bool) or order_of(value) is None):
        raise InputError(
            f"`{key}` of `{name}` needs a number or a date; {value!r} is neither.", field=field, fix="Dates are as 2026-03-01."
        )
    return value


def folded(name: str) -> str:
    """A field's name as it is compared."""
    return name.strip().casefold()


def meets(filters: Mapping[str, Any], fields: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    """Whether a passage's fields, or its document's metadata, have all of what is wanted."""
    return all(_meets(_value(name, fields, metadata), wanted) for name, wanted in filters.items())


def _value(name: str, fields: Mapping[str, Any], metadata: Mapping[str, Any]) -> Any:
    for values in (fields, metadata):
        if name in values:
            return values[name]
    wanted = folded(name)
    for values in (fields, metadata):
        for key, value in values.items():
            if folded(key) == wanted:
                return value
    return None


def _meets(has: Any, wanted: Any) -> bool:
    values = has if isinstance(has, list) else [has]
    if not isinstance(wanted, Mapping):
        return _among(values, wanted if isinstance(wanted, list | tuple) else [wanted])
    return all(_holds(values, operator, bound) for operator, bound in wanted.items())


def _holds(values: Sequence[Any], operator: str, bound: Any) -> bool:
    if operator in ("eq", "in"):
        return _among(values, bound if isinstance(bound, list | tuple) else [bound])
    if operator in ("ne", "nin"):
        return not _among(values, bound if isinstance(bound, list | tuple) else [bound])
    limit = order_of(bound)
    assert limit is not None
    pairs = (_alike(order, limit) for one in values if (order := order_of(one)) is not None)
    return any(_COMPARED[operator](*both) for both in pairs if both is not None)


def _alike(one: Order, other: Order) -> tuple[Order, Order] | None:
    """Both as numbers or both as times; a number that may be a year is one beside a time."""
    if one[0] == other[0]:
        return one, other
    one, other = _as_year(one) or one, _as_year(other) or other
    return (one, other) if one[0] == other[0] else None


def _as_year(order: Order) -> Order | None:
    year = order[1]
    return _days(f"{year:.0f}年") if order[0] == "number" and year == int(year) and 1900 <= year < 2100 else None


_COMPARED: Mapping[str, Callable[[Order, Order], bool]] = {
    "gt": lambda has, limit: has[1] > limit[2],
    "gte": lambda has, limit: has[1] >= limit[1],
    "lt": lambda has, limit: has[2] < limit[1],
    "lte": lambda has, limit: has[2] <= limit[2],
}


def _among(values: Sequence[Any], wanted: Sequence[Any]) -> bool:
    return any(value == one or _same(value, one) for value in values if value is not None for one in wanted)


def _same(value: Any, wanted: Any) -> bool:
    """A number and its text: tables give texts, and clients send either."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return str(value).lower() == str(wanted).lower()
    if isinstance(value, str) == isinstance(wanted, str):
        return False
    return str(value) == str(wanted)


@lru_cache(maxsize=20_000)
def _of_text(text: str) -> Order | None:
    if len(text) > _LONGEST:
        return None
    if (match := _NUMBER.fullmatch(text.strip())) is not None:
        number = float(match[1].replace(",", ""))
        return "number", number, number
    return _moment(text.strip()) or _days(text)


def _moment(text: str) -> Order | None:
    """An ISO 8601 time, in days since the year 1; without a zone it is taken as UTC."""
    if len(text) <= 10:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    offset = when.utcoffset()
    day = when.toordinal() + (when.hour * 3600 + when.minute * 60 + when.second) / _DAY_S
    day -= offset.total_seconds() / _DAY_S if offset is not None else 0.0
    return "date", day, day


def _days(text: str) -> Order | None:
    """A day, month, quarter or year. The last day is whole: it lasts until the next one begins."""
    line = one_line(text)
    spans = dates(line)
    if len(spans) != 1 or spans[0][:2] != (0, len(line)):
        return None
    return "date", float(spans[0][2].first), spans[0][2].last + 1 - 1 / _DAY_S


def order_of(value: Any) -> Order | None:
    """A value as a number or a time; None: it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return "number", float(value), float(value)
    return _of_text(value) if isinstance(value, str) else None
