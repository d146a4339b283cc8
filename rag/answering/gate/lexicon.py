"""Words that the gate knows, in both languages: operators, words that say the same, words that say little."""

from __future__ import annotations

import re

from rag.answering.gate.data import lines
from rag.text.tokens import stem

# -- operators: words of which one more or less, or another one in its place, makes another meaning ----------------------

OPERATORS: dict[str, str] = {}
for _line in lines("operators.txt"):
    _key, _forms_listed = _line.split(": ", 1)
    for _word in _forms_listed.split(" | "):
        OPERATORS.setdefault(_word, _key)

# -- words that say the same -------------------------------------------------------------------------------------------

_PAST = {
    "take": "took taken", "give": "gave given", "get": "got gotten", "run": "ran", "send": "sent", "bring": "brought",
    "keep": "kept", "hold": "held", "pay": "paid", "go": "went gone", "come": "came", "show": "shown", "fill": "filled",
    "set": "set", "put": "put", "shut": "shut", "let": "let",
}  # fmt: skip


def _forms(phrase: str) -> list[str]:
    """`hand over`, and hands, handed, handing over."""
    first, _, rest = phrase.partition(" ")
    if not rest or not re.fullmatch(r"[a-z]{3,}", first) or first.endswith(("ed", "ing", "s")):
        return [phrase]
    base = first.removesuffix("e")
    last = _PAST.get(first, f"{base}ed").split()
    return [phrase, *(f"{form} {rest}" for form in (f"{first}s", f"{base}ing", *last))]


PHRASES: dict[str, str] = {}
for _line in lines("synonyms.txt"):
    _first, *_rest = _line.split(" | ")
    for _word in (_first, *(form for verb in _rest for form in _forms(verb))):
        PHRASES.setdefault(_word, _first)

# -- words that say little ---------------------------------------------------------------------------------------------

FILLERS = (
    "keep in mind that|keep in mind|bear in mind that|bear in mind|please note that|note that"
    "|be aware that|make sure that|make sure|be sure to|for comparison"
    "|according to|based on|as per|in addition to|in addition|as well|at the same time|in order to"
    "|to do this|to do so|for this|it is possible to|up to the|in that case"
    "|in this case|as follows|such as|for example|of course|in particular|if you wish|if needed"
    "|on the other hand|by comparison|in comparison|by contrast|in contrast"
    "|even if|even though|even when|as soon as possible~|at your own~|feel free to|go ahead and|for you|of yours"
).split("|")
# Words of a claim that may be missing where the rest is there: they add no more than that something is so.
LIGHT = frozenset(
    (
        "order 订单 范围 pay appli show ask happen count temperatur amount period durat find contact simply "
        "button section page tab find work apply reach need provide offer "
        "unfortun sorri individu respect certain own given actual itself age"
    ).split()
) | frozenset("中 温度 时间 时长 期限 金额 还 还要 部分 方可 分别 一共 同样 该 时间 情形 之内 共 各 个人 类 型号".split())
FUNCTION = frozenset(
    (
        "whoever somewhere a an the of in on at to for from by with as is are was were be been being am do does did doing "
        "has have had having i me my we our "
        "us you your he him his she her it its they them their this that these those there here which "
        "who whom whose what where why how "
        "will would if then next first than so such into out again also s t ll re ve d m please per via "
        "e g i.e itself themselves yourself however "
        "therefore thus because although though according let get gets got whether simply hence okay "
        "well as too per one's just still "
        "yet already even since own want wants like need needs whichever whatever upon onto off up down "
        "each one once another keep "
        "in order to be sure make sure note mind remember case way thing things mean means long much "
        "many how-long soon later stay stays stayed remain remains become becomes ask asks either whole entire "
        "now currently between among over under above below about "
        "ones afterward afterwards "
        "through across away along towards toward "
        "go goes come comes take takes give gives given provide provided offer offers offered have using "
        "say says state states apply"
    ).split()
) - {"up", "down", "off", "keep", "take", "takes", "apply", "given", "later", "many", "provided", "remember", "means", "mean"}
JOINS = {
    "and": "and",
    "or": "or",
    "but": "but",
    "while": "but",
    "whereas": "but",
    "so": "so",
    "because": "because",
    "和": "and",
    "与": "and",
    "及": "and",
    "以及": "and",
    "或": "or",
    "或者": "or",
    "但": "but",
    "但是": "but",
    "而": "but",
    "不过": "but",
    "并": "and",
    "并且": "and",
    "且": "and",
    "因为": "because",
    "由于": "because",
    "因此": "so",
    "所以": "so",
    "as well as": "and",
    "&": "and",
    "/": "or",
    "只是": "but",
    "只不过": "but",
    "nor": "nor",
    "though": "but",
    "since_": "because",
    "so that": "because",
    "in order that": "because",
    "due to": "because",
    "because of": "because",
    "为了": "because",
    "从而": "so",
    "因而": "so",
    "以便": "so",
    "therefore": "so",
    "thereby": "so",
}
FUNCTION_ZH = frozenset(
    "已时先再打算则该的了在是均和与及或也都就而且并把被将会您你我他她它们这那其之于为对由向请吧呢吗啊呀嘛么很更还又则便即着地得个些该此所因但有让给到从时候进行上下里中至等件本册张位条台款种名项份给会要想来去"
) - frozenset("上下中")
LIGHT_ZH = frozenset(
    (
        "然后 接着 随后 首先 需要 进行 可以 能够 相关 情况 一下 方面 方式 目前 现在 "
        "其中 这样 这个 那个 如下 以下 您的 我们 你们 他们 它们 这里 那里 之间 的时候 "
        "时候 期间 仍然 仍 依然 依旧 同时 此外 另外 直接 倒是 照样 也就是 就是 即可 "
        "对方 一直 此处 在此 例如 比如 譬如 就可 就能 就行 即 已经 哪怕 即使 即便 就算 自己 自行 亲自"
    ).split()
)
# Characters that tell words of one kind apart: a word that differs in one of these is another word.
CONTRAST_ZH = frozenset(
    "上下内外前后左右大小高低多少长短新旧早晚男女买卖进出入开关甲乙丙单双东西南北春夏秋冬年月日周天时分秒公私主次正负升降增减加快慢冷热红绿蓝黄白黑灰橙紫首末整半全部零不无非未没有可已每某父母夫妻原被债权国省市县区"
)


def canon_en(word: str) -> str:
    """What an English word is compared as."""
    known = PHRASES.get(word)
    if known is not None:
        return known
    return _STEMS.get(stem(word), stem(word))


def key_of(word: str) -> str:
    """What a word of either language is compared as."""
    return canon_en(word) if word.isascii() else PHRASES.get(word, word)


_STEMS: dict[str, str] = {}
for _word, _first in PHRASES.items():
    if re.fullmatch(r"[a-z-]+", _word):
        _STEMS.setdefault(stem(_word), _first)

# -- verbs that say little by themselves, and words that say the opposite ------------------------------------------------

_PARTICLES = frozenset("up down out off over in on back for with into to be up".split())  # of phrasal verbs
VERBS = frozenset(
    key_of(word) for line in lines("verbs.txt") for verb in line.split(", ") for word in verb.split() if word not in _PARTICLES
)
_OPPOSED: dict[str, set[str]] = {}
for _line in lines("opposed.txt"):
    _sides = [{key_of(word) for word in side.split()} for side in _line.split(" | ")]
    for _one, _other in (_sides, _sides[::-1]):
        for _word in _one:
            _OPPOSED.setdefault(_word, set()).update(_other - _one)


_KINDS: dict[str, set[int]] = {}
for _number, _line in enumerate(lines("siblings.txt")):
    for _word in _line.split():
        _KINDS.setdefault(key_of(_word), set()).add(_number)
_UNDONE = ("un", "non", "dis", "非", "未", "无", "不")


def opposed(one: str, other: str) -> bool:
    """Whether two words are known to say the opposite, or to be two things of one kind."""
    if other in _OPPOSED.get(one, ()) or (one != other and _KINDS.get(one, _NONE) & _KINDS.get(other, _NONE)):
        return True
    short, long = sorted((one, other), key=len)
    return len(short) > 1 and any(long == prefix + short for prefix in _UNDONE)


_NONE: set[int] = set()
