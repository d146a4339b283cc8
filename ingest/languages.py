"""The language that a column's name says: `question_zh`, `Answer (EN)`, `英文答案`, `標準答案（繁體）`."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORDS = {
    "zh": "中文|汉语|漢語|简体中文|简体|繁体中文|繁体|簡體|繁體中文|繁體|国语|國語|chinese|mandarin",
    "en": "英文|英语|英語|english",
    "ja": "日文|日语|日語|japanese",
    "ko": "韩文|韩语|韓文|韓語|korean",
    "fr": "法文|法语|法語|french",
    "de": "德文|德语|德語|german",
    "es": "西班牙语|西班牙語|spanish",
    "pt": "葡萄牙语|葡萄牙語|portuguese",
    "ru": "俄文|俄语|俄語|russian",
    "it": "意大利语|義大利語|italian",
}
_CODES = {
    "zh": "zh|cn|tw|hk",
    "en": "en|us|uk|gb",
    "ja": "ja|jp",
    "ko": "ko|kr",
    "fr": "fr",
    "de": "de",
    "es": "es",
    "pt": "pt",
    "ru": "ru",
    "it": "it",
}
_SPOKEN = {word: code for code, words in _WORDS.items() for word in words.split("|")}
_CODED = {one: code for code, ones in _CODES.items() for one in ones.split("|")}
_WORD = "|".join(sorted(_SPOKEN, key=len, reverse=True))
_CODE = rf"(?:{'|'.join(_CODED)})(?:[-_ ]?(?:hans|hant|cn|tw|hk|us|gb|uk))?"
# A code needs a mark that parts it from the name, a hump (`questionEn`) or brackets: `Token` is no `tok` of English.
_MARK = re.compile(
    rf"[(\[【][ ]*(?:in )?(?P<inner>(?i:{_WORD}|{_CODE}))(?:版|版本)?[ ]*[)\]】]"
    rf"|^(?P<first>(?i:{_CODE}(?=[-_.])|{_WORD}))(?:版|版本)?的?[-_. ]*(?=.)"
    rf"|(?<=.)(?:(?i:[-_. ]in |[-_. ]*)(?P<last>(?i:{_WORD}))(?:版|版本)?|[-_.]+(?P<code>(?i:{_CODE})))$"
    rf"|(?<=[a-z])(?P<hump>Zh|En|Cn|ZH|EN|CN)$|(?<=.) (?P<apart>ZH|EN|CN|DE|FR|ES|IT|PT|RU|JA|JP|KO)$"
)


@lru_cache(maxsize=4096)
def parted(name: str) -> tuple[str, str]:
    """(language as two letters, the name without its mark); ('', the name) where it says none."""
    plain = unicodedata.normalize("NFKC", name).strip()
    match = _MARK.search(plain)
    if match is None:
        return "", name
    tag = next(one for one in match.groups() if one is not None).casefold()
    bare = (plain[: match.start()] + plain[match.end() :]).strip(" -_.")
    return (_SPOKEN.get(tag) or _CODED[re.split(r"[-_ ]", tag)[0][:2]], bare) if bare else ("", name)
