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
    texts: list[str] = []
    for event in _FOLD.sub("", source).split("BEGIN:VEVENT")[1:]:
        properties = {match[1].upper(): (match[2], match[3]) for match in _LINE.finditer(event.split("BEGIN:VALARM")[0])}
        start, end = (_moment(*properties[name]) if name in properties else "" for name in ("DTSTART", "DTEND"))
        when = f"{start} – {end[11:16] if end[:10] == start[:10] else end}" if end and end != start else start
        values = (_text(properties, "SUMMARY"), when, _text(properties, "LOCATION"), _text(properties, "DESCRIPTION"))
        mark = "：" if chinese else ": "
        texts += [f"{label}{mark}{value}" for label, value in zip(labels, values, strict=True) if value]
    return texts


def _moment(parameters: str, value: str) -> str:
    match = _DATE.match(value.strip())
    if match is None:
        return ""
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if not match[4]:
        return day
    zone = re.search(r"TZID=\"?([^\";]+)", parameters, re.IGNORECASE)
    return f"{day} {match[4]}:{match[5]}" + (" UTC" if match[6] else f" ({zone[1]})" if zone else "")


def _text(properties: dict[str, tuple[str, str]], name: str) -> str:
    value = properties.get(name, ("", ""))[1]
    return normalise(_ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value))
