"""Inline marks that dialects of Markdown add and no reader sees as such: struck text, edits, keys, icons, notes, attributes."""

from __future__ import annotations

import re

from ingest.parse.raised import lowered, raised

SIGNS = re.compile(r"~|\^|\+\+|\{|\[\^|:[a-z]+-|^:[ \t]|^\*\[|\[\[?_?toc|<(?:del|s|strike)\b", re.IGNORECASE | re.MULTILINE)
EXTRAS = re.compile(
    r"(?P<keep>(?P<x_ticks>`+)(?!`).+?(?<!`)(?P=x_ticks)(?!`))"
    r"|\{(?:--(?P<cut>.*?)--|\+\+(?P<put>.*?)\+\+|~~(?P<old>.*?)~>(?P<new>.*?)~~|>>(?P<said>.*?)<<|==(?P<seen>.*?)==)\}"
    r"|(?P<struck>~~(?=\S)(?:(?!~~)[^\n]){1,500}?(?<=\S)~~[ \t]?|<(?P<x_tag>del|s|strike)(?:\s[^<>]*)?>.*?</(?P=x_tag)>[ \t]?)"
    r"|(?P<attributes>[ \t]*\{:?[ \t]*(?:(?:[.#][A-Za-z][\w-]*|[a-z][\w-]*=(?:\"[^\"\n{}]*\"|[\w-]+))[ \t]*){1,8}\})"
    r"|(?<!\w)\+\+(?P<keys>[a-z0-9]+(?:[-+][a-z0-9]+){0,5})\+\+(?!\+)"
    r"|(?P<icon>:(?:material|octicons|fontawesome|simple|fluentui|lucide)-[\w-]+:[ \t]?)"
    r"|(?P<noted>^[ \t]*\[\^[^\]\s]{1,40}\]:[ \t]*|\[\^[^\]\s]{1,40}\])"
    r"|(?P<short>^\*\[[^\]\n]{1,60}\]:[^\n]*$)|(?P<means>^:[ \t]{1,3}(?=\S))"
    r"|(?<=[A-Za-z)])~(?P<low>\d{1,3})~(?!~)|(?<=[\w)])\^(?P<high>[-+−]?\d{1,3})\^"
    r"|(?P<template>\{\{[<%](?:(?![%>]\}\}).)*[%>]\}\}|\{%-?[ ](?:(?!%\}).)*%\})"
    r"|(?P<toc>^[ \t]*\[\[?_?toc_?\]?\][ \t]*$)",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


def instead(match: re.Match[str]) -> str:
    """What a reader sees in the place of the mark."""
    if match["keep"] is not None:
        return match["keep"]
    if match["keys"] is not None:
        return "+".join(part.capitalize() for part in match["keys"].split("+"))
    if match["low"] is not None or match["high"] is not None:
        return lowered(match["low"]) if match["low"] is not None else raised(match["high"])
    return next((match[name] for name in ("put", "new", "seen") if match[name] is not None), "")


def without_extras(text: str) -> str:
    return EXTRAS.sub(instead, text) if SIGNS.search(text) else text
