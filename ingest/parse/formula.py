"""Formulas whose result a workbook does not store: what can be worked out from its own cells."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.utils import range_boundaries

Value = Any
"""A number, a text, a truth value, or None for an empty cell."""
_DEPTH_LIMIT = 60
_CELLS_LIMIT = 20_000
_BINDS = {"^": 5, "*": 4, "/": 4, "+": 3, "-": 3, "&": 2, "=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1}
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
)


class Unknown(Exception):
    """The result cannot be worked out here."""


class Sums:
    """Works out formulas of a workbook; `book` has the stored values, `formulas` the formulas."""

    def __init__(self, book: Any, formulas: Any) -> None:
        self._book, self._formulas = book, formulas
        self._known: dict[tuple[str, int, int], Value] = {}
        self._open: set[tuple[str, int, int]] = set()

    def value(self, sheet: str, row: int, column: int) -> Value:
        """Of a cell. Raises Unknown."""
        place = (sheet, row, column)
        if place in self._known:
            return self._known[place]
        if sheet not in self._book.sheetnames or place in self._open or len(self._open) > _DEPTH_LIMIT:
            raise Unknown
        stored = self._book[sheet]._cells.get((row, column))
        if stored is not None and stored.value is not None:
            if stored.data_type == "e":
                raise Unknown
            return stored.value
        cell = self._formulas[sheet]._cells.get((row, column))
        if cell is None or cell.data_type != "f":
            return None
        self._open.add(place)
        try:
            self._known[place] = _Reader(self, sheet, str(getattr(cell.value, "text", cell.value))).result()
        finally:
            self._open.discard(place)
        return self._known[place]

    def area(self, sheet: str, reference: str) -> list[Value]:
        """The values of `A1`, `$A$1:B7` or `'Other sheet'!A1`, row by row. Raises Unknown."""
        name, mark, cells = reference.rpartition("!")
        name = name.strip("'").replace("''", "'") if mark else sheet
        try:
            first, top, last, bottom = range_boundaries(cells)
        except (ValueError, TypeError) as exc:
            raise Unknown from exc
        if None in (first, top, last, bottom) or (last - first + 1) * (bottom - top + 1) > _CELLS_LIMIT:
            raise Unknown
        return [self.value(name, row, column) for row in range(top, bottom + 1) for column in range(first, last + 1)]


class _Reader:
    """Reads one formula by precedence."""

    def __init__(self, sums: Sums, sheet: str, formula: str) -> None:
        self._sums, self._sheet = sums, sheet
        self._tokens = [one for one in Tokenizer(formula).items if one.type != "WHITE-SPACE"]
        self._at = 0

    def result(self) -> Value:
        try:
            value = _single(self._expression(0))
        except (ArithmeticError, ValueError, TypeError, IndexError, OverflowError) as exc:
            raise Unknown from exc
        if self._at < len(self._tokens) or (isinstance(value, float) and not math.isfinite(value)):
            raise Unknown
        return value

    def _next(self) -> Any:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _expression(self, binds: int) -> Value:
        left = self._operand()
        while (token := self._next()) is not None:
            if token.type == "OPERATOR-POSTFIX":
                self._at += 1
                left = _number(_single(left)) / 100
                continue
            level = _BINDS.get(token.value, 0) if token.type == "OPERATOR-INFIX" else 0
            if level <= binds:
                break
            self._at += 1
            left = _joined(token.value, _single(left), _single(self._expression(level)))
        return left

    def _operand(self) -> Value:
        token = self._next()
        if token is None:
            raise Unknown
        self._at += 1
        if token.type == "OPERATOR-PREFIX":
            value = _number(_single(self._expression(5)))
            return -value if token.value == "-" else value
        if token.type == "OPERAND":
            return self._value_of(token)
        if token.type == "PAREN" and token.subtype == "OPEN":
            value = self._expression(0)
            self._close("PAREN")
            return value
        if token.type == "FUNC" and token.subtype == "OPEN":
            return self._function(token.value[:-1].upper().removeprefix("_XLFN."))
        raise Unknown

    def _close(self, kind: str) -> None:
        token = self._next()
        if token is None or token.type != kind or token.subtype != "CLOSE":
            raise Unknown
        self._at += 1

    def _value_of(self, token: Any) -> Value:
        if token.subtype == "NUMBER":
            number = float(token.value)
            return int(number) if number.is_integer() and "e" not in token.value.lower() else number
        if token.subtype == "TEXT":
            return token.value[1:-1].replace('""', '"')
        if token.subtype == "LOGICAL":
            return token.value.upper() == "TRUE"
        if token.subtype == "RANGE":
            values = self._sums.area(self._sheet, token.value)
            return values if ":" in token.value else values[0]
        raise Unknown

    def _function(self, name: str) -> Value:
        arguments: list[Value] = []
        function = _FUNCTIONS.get(name)
        if function is None:
            raise Unknown
        while (token := self._next()) is not None and not (token.type == "FUNC" and token.subtype == "CLOSE"):
            if token.type == "SEP":
                self._at += 1
                continue
            arguments.append(self._expression(0))
        self._close("FUNC")
        return function(arguments)


def _single(value: Value) -> Value:
    if isinstance(value, list):
        if len(value) != 1:
            raise Unknown
        return value[0]
    return value


def _number(value: Value) -> float | int:
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d+(?:\.\d+)?\s*", value):
        return float(value)
    raise Unknown  # a date, a text


def _joined(sign: str, left: Value, right: Value) -> Value:
    if sign == "&":
        return _text(left) + _text(right)
    if sign in _COMPARED:
        if isinstance(left, str) and isinstance(right, str):
            left, right = left.casefold(), right.casefold()
        elif isinstance(left, str) != isinstance(right, str):
            left, right = (left or 0, right or 0) if None in (left, right) else (str(left), str(right))
        return _COMPARED[sign](left if left is not None else 0, right if right is not None else 0)
    a, b = _number(left), _number(right)
    if sign == "/":
        result: float = a / b
    else:
        result = {"+": a + b, "-": a - b, "*": a * b}[sign] if sign != "^" else a**b
    if isinstance(result, complex):
        raise Unknown
    result = round(result, 12) if isinstance(result, float) else result
    return int(result) if isinstance(result, float) and result.is_integer() and abs(result) < 1e15 else result


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return value
    return f"{_number(value):.10g}"


def _numbers(arguments: Sequence[Value]) -> list[float]:
    """Of ranges only what is a number; a single argument is made one."""
    numbers: list[float] = []
    for one in arguments:
        if isinstance(one, list):
            numbers += [value for value in one if isinstance(value, int | float) and not isinstance(value, bool)]
            if any(not isinstance(value, int | float | str | None) for value in one):
                raise Unknown  # dates
        else:
            numbers.append(_number(one))
    return numbers


def _flat(arguments: Sequence[Value]) -> Iterator[Value]:
    for one in arguments:
        yield from one if isinstance(one, list) else [one]


def _rounded(arguments: Sequence[Value], way: str) -> float:
    value, places = _number(_single(arguments[0])), int(_number(_single(arguments[1]))) if len(arguments) > 1 else 0
    scale = 10.0**places
    moved = round(abs(value) * scale, 9)
    whole = {"near": math.floor(moved + 0.5), "up": math.ceil(moved), "down": math.floor(moved)}[way]
    return math.copysign(whole / scale, value) if whole else 0


def _if(arguments: Sequence[Value]) -> Value:
    met = bool(_number(_single(arguments[0])))
    return arguments[1] if met else (arguments[2] if len(arguments) > 2 else False)


def _mean(arguments: Sequence[Value]) -> float:
    numbers = _numbers(arguments)
    return sum(numbers) / len(numbers)


_FUNCTIONS: Mapping[str, Callable[[Sequence[Value]], Value]] = MappingProxyType(
    {
        "SUM": lambda args: _joined("+", sum(_numbers(args)), 0),
        "PRODUCT": lambda args: math.prod(_numbers(args)),
        "AVERAGE": lambda args: _joined("+", _mean(args), 0),
        "MIN": lambda args: min(_numbers(args), default=0),
        "MAX": lambda args: max(_numbers(args), default=0),
        "COUNT": lambda args: len(_numbers(args)),
        "COUNTA": lambda args: sum(1 for value in _flat(args) if value is not None),
        "ABS": lambda args: abs(_number(_single(args[0]))),
        "ROUND": lambda args: _joined("+", _rounded(args, "near"), 0),
        "ROUNDUP": lambda args: _joined("+", _rounded(args, "up"), 0),
        "ROUNDDOWN": lambda args: _joined("+", _rounded(args, "down"), 0),
        "INT": lambda args: math.floor(_number(_single(args[0]))),
        "IF": _if,
        "AND": lambda args: all(bool(_number(value)) for value in _flat(args)),
        "OR": lambda args: any(bool(_number(value)) for value in _flat(args)),
        "NOT": lambda args: not _number(_single(args[0])),
        "CONCATENATE": lambda args: "".join(map(_text, _flat(args))),
        "CONCAT": lambda args: "".join(map(_text, _flat(args))),
        "UPPER": lambda args: _text(_single(args[0])).upper(),
        "LOWER": lambda args: _text(_single(args[0])).lower(),
        "TRIM": lambda args: " ".join(_text(_single(args[0])).split()),
        "LEN": lambda args: len(_text(_single(args[0]))),
    }
)
