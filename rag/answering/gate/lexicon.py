"""Words that the gate knows, in both languages: operators, words that say the same, words that say little."""

from __future__ import annotations

import re

from rag.answering.gate.data import lines
from rag.text.tokens import stem

# -- operators: words of which one more or less, or another one in its place, makes another meaning ----------------------

OPERATORS: dict[str, str] = {}
for _line in lines("operators.txt"):
    _key, _told = _line.split(": ", 1)
    for _word in _told.split(" | "):
        OPERATORS.setdefault(_word, _key)

# -- words that say the same -------------------------------------------------------------------------------------------

PHRASES: dict[str, str] = {}
for _line in lines("synonyms.txt"):
    _first, *_rest = _line.split(" | ")
    for _word in (_first, *_rest):
        PHRASES.setdefault(_word, _first)

# -- words that say little ---------------------------------------------------------------------------------------------

FILLERS = (
    "keep in mind that|keep in mind|bear in mind that|bear in mind|please note that|note that"
    "|be aware that|make sure that|make sure|be sure to|for comparison"
    "|according to|based on|as per|in addition to|in addition|as well|at the same time|in order to"
    "|to do this|to do so|for this|it is possible to|up to the|in that case"
    "|in this case|as follows|such as|for example|of course|in particular|if you wish|if needed"
    "|as soon as possible~|at your own~|feel free to|go ahead and|for you|of yours"
).split("|")
# Words of a claim that may be missing where the rest is there: they add no more than that something is so.
LIGHT = frozenset(
    (
        "order 订单 范围 pay appli show ask happen count temperatur amount period durat find contact simply "
        "find work apply reach need provide offer"
    ).split()
) | frozenset("温度 时间 时长 期限 金额 还 还要 部分 方可 分别 一共 同样 该 时间 情形 之内 共 各 个人".split())
FUNCTION = frozenset(
    (
        "a an the of in on at to for from by with as is are was were be been being am do does did doing "
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
        "many how-long soon later stay stays stayed remain remains become becomes ask asks either whole "
        "now currently between among over under above below about "
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
    "时先再打算则该的了在是均和与及或也都就而且并把被将会您你我他她它们这那其之于为对由向请吧呢吗啊呀嘛么很更还又则便即着地得个些该此所因但有让给到从时候进行上下里中等件本册张位条台款种名项份给会要想来去"
) - frozenset("上下中")
LIGHT_ZH = frozenset(
    (
        "然后 接着 随后 首先 需要 进行 可以 能够 相关 情况 一下 方面 方式 目前 现在 "
        "其中 这样 这个 那个 如下 以下 您的 我们 你们 他们 它们 这里 那里 之间 的时候 "
        "时候 期间 仍然 仍 依然 依旧 同时 此外 另外 直接 倒是 照样 也就是 就是 即可 "
        "就可 就能 就行 即"
    ).split()
)
# Characters that tell words of one kind apart: a word that differs in one of these is another word.
CONTRAST_ZH = frozenset(
    "上下内外前后左右大小高低多少长短新旧早晚男女买卖进出入开关甲乙丙单双东西南北春夏秋冬年月日周天时分秒公私主次正负升降增减加快慢冷热红绿蓝黄白黑灰橙紫首末整半全部零不无非未没有可已每某父母夫妻原被债权国省市县区"
)


# What words say the opposite of, by what they are compared as: vectors do not tell them apart.
_OPPOSED = [
    [set(side.split()) for side in line.split("|")]
    for line in (
        "keep continu 保持 存在|delete lose quit cancel expire 消失 没了 清零",
        "turnon begin open|turnoff stop end stayclosed finish 结束 关闭",
        "add attach 添加 增加|delete 去掉 减少",
        "send upload export 上传 导出|receiv download import 下载 导入 接收 收到",
        "buy 购买|sell sold 卖出 出售",
        "accept allow approv 同意 批准 允许|declin reject 拒绝 禁止",
        "win gain earn 赢|lose 输",
        "larg big high long tall fast earli new heavi wide 大 高 长 快 早 新 重"
        "|small low short slow late old light narrow 小 低 短 慢 晚 旧 轻",
        "first 首先 首次|last 最后 末次",
        "left top front upper inner insid 左 上 前 内|right bottom back lower outer outsid 右 下 后 外",
        "public 公开|privat 私有 私密",
        "cold cool 冷|hot warm heat 热",
        "internal 内部|extern 外部",
        "automat auto 自动|manual hand 手动",
        "enabl|disabl",
        "success succeed 成功|fail failur 失败",
        "valid 有效|invalid 无效",
        "same 相同|differ 不同",
        "owner 所有者|guest member 成员",
        "day 天|week month year hour 周 月 年",
        "summer 夏季|winter 冬季",
        "monthly 月付|yearly 年付",
    )
]


def opposed(one: str, other: str) -> bool:
    """Whether two words are known to say the opposite."""
    return any((one in a and other in b) or (one in b and other in a) for a, b in _OPPOSED)


def canon_en(word: str) -> str:
    """What an English word is compared as."""
    known = PHRASES.get(word)
    if known is not None:
        return known
    return _STEMS.get(stem(word), stem(word))


_STEMS: dict[str, str] = {}
for _word, _first in PHRASES.items():
    if re.fullmatch(r"[a-z-]+", _word):
        _STEMS.setdefault(stem(_word), _first)
