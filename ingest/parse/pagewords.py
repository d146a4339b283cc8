"""Words of a help centre's pages that are not the article: votes, bylines, dates of change, links to neighbours."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

_LIMIT = 240
_WHEN = r"[^。！？!?]{0,60}"
_PHRASE = re.compile(
    r"(?:was|is|did|were)\s(?:this|the|that|it|you)\b[^?？.]{0,50}(?:help(?:ful)?|useful|answer(?:ed)?\b[^?？.]{0,20}"
    r"|find what you[^?？.]{0,20})\s*[?？]"
    r"(?:\s*(?:yes|no|👍|👎|😞|😐|😃|[.,·|/])\s*)*"
    r"|(?:yes|no)(?:\s*[,/|·]?\s*(?:yes|no))?"
    r"|\d+\s+(?:out\s+)?of\s+\d+\s+(?:people\s+)?found\s+this\s+(?:article\s+)?helpful[.\s]*"
    r"|(?:have more questions|still need help|still have questions|need more help|didn['’]t find[^?？]{0,40}|can['’]t"
    r" find[^?？]{0,40})\s*[?？]"
    r"(?:\s*(?:submit a (?:request|ticket)|contact(?: us| support)?|ask the community|chat with us)[.!]?)?"
    rf"|(?:last\s+)?(?:updated|modified|edited|reviewed)(?:\s+(?:on|at|by)\b|\s*:)?\s*(?:(?:over|about|almost)\s+)?(?:an?|\d+|today|yesterday)?{_WHEN}"
    r"(?:ago|today|yesterday|\d{4}|\d{1,2}:\d{2}|[ap]m)[.\s]*"
    rf"|written\s+by\s+(?!hand)[^.?!。]{{1,60}}?(?:\s*(?:last\s+)?updated\s+{_WHEN})?"
    r"|(?:edit this page|edit on github|copy page|copy link|print this (?:article|page)|print article|on this page"
    r"|table of contents|in this article"
    r"|follow|share|skip to (?:main )?content|back to top|powered by \w+|submit a request)[.:\s]*"
    r"|(?:previous|next)(?:\s+(?:page|article))?\s*[:›»→←‹«]?\s*\S[^.?!。！？]{0,60}(?:\s*(?:previous|next)\S?[^.?!。！？]{1,60})?"
    r"|(?:本文|此文|本页|这篇文章|该文章|以上(?:内容|信息)|文档|文章)?(?:内容)?(?:是否|有没有|对您|对你)[^。？?]{0,14}(?:帮助|有用|解决)[^。？?]{0,10}[?？]?(?:\s*(?:有帮助|没帮助|是|否|有用|没用|[,，|/]))*"
    r"|(?:最后|最近)?(?:更新|修改|编辑)(?:时间|日期|于)?\s*[:：于]?\s*\d{4}[年/.-]\d{1,2}[月/.-]\d{1,2}日?[\s\d:]*"
    r"|(?:上一篇|下一篇|上一页|下一页)\s*[:：]?[^。！？]{0,60}|(?:本页目录|页面导航|目录|返回顶部|编辑此页|分享到?|复制链接|打印本页)[:：\s]*",
    re.IGNORECASE,
)
_LINKED = re.compile(r"(?:previous|next|上一|下一)", re.IGNORECASE)


def is_about_page(element: HtmlElement) -> bool:
    """Whether all that an element says is of the page's frame and not of its article."""
    if element.tag in ("h1", "title", "td", "th", "dd", "dt", "pre", "code", "b", "strong", "em", "i"):
        return False
    whole = element.text_content()
    size = len(whole)
    if not 0 < size <= _LIMIT:
        return False
    text = " ".join(whole.split())
    if not text or _PHRASE.fullmatch(text) is None:
        return False
    if _LINKED.match(text):  # `Next steps` may be a heading: neighbours are links
        return sum(len(link.text_content()) for link in element.iter("a", "button")) * 2 > size
    return not (element.tag in ("p", "li", "span") and next(element.iterancestors("li", "td", "pre"), None) is not None)
