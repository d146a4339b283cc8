"""An invitation in a mail (RFC 5545): what, when and where, as lines that a reader understands."""

from __future__ import annotations

import re

from ingest.parse.normal import normalise

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"(SUMMARY|DTSTART|DTEND|LOCATION|DESCRIPTION|STATUS|METHOD)((?:;[^:\r\n]*)?):([^\r\n]*)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{2}(Z?))?")
_ESCAPED = re.compile(r"\\([\\;,nN])")


def lines(source: str, *, chinese: bool) -> list[str]:
    """The lines of each event."""
    labels = ("主题", "时间", "地点", "说明") if chinese else ("Event", "Time", "Place", "Description")
    found: list[str] = []
    for event in _FOLD.sub("", source).split("BEGIN:VEVENT")[1:]:
        told = {match[1].upper(): (match[2], match[3]) for match in _LINE.finditer(event.split("BEGIN:VALARM")[0])}
        start, end = (_moment(*told[name]) if name in told else "" for name in ("DTSTART", "DTEND"))
        when = f"{start} – {end[11:16] if end[:10] == start[:10] else end}" if end and end != start else start
        values = (_text(told, "SUMMARY"), when, _text(told, "LOCATION"), _text(told, "DESCRIPTION"))
        mark = "：" if chinese else ": "
        found += [f"{label}{mark}{value}" for label, value in zip(labels, values, strict=True) if value]
    return found


def _moment(parameters: str, value: str) -> str:
    match = _DATE.match(value.strip())
    if match is None:
        return ""
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if not match[4]:
        return day
    zone = re.search(r"TZID=\"?([^\";]+)", parameters, re.IGNORECASE)
    return f"{day} {match[4]}:{match[5]}" + (" UTC" if match[6] else f" ({zone[1]})" if zone else "")


def _text(told: dict[str, tuple[str, str]], name: str) -> str:
    value = told.get(name, ("", ""))[1]
    return normalise(_ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value))
