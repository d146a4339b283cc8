"""Words that the gate knows: empty ones, those that turn a meaning round, units, numbers, words that say the same."""

from __future__ import annotations

import re

from rag.text.tokens import stem

FUNCTION_EN = frozenset(
    (
        "a an the and or of in on at to for from by with as is are was were be been being am do does did doing has have had "
        "having i me my we us our you your he him his she her it its they them their this that these those there here which "
        "who whom whose what when where why how can could will would if then than so such but "
        "into about up down out again also s t ll re ve d m please just via per etc e g i one's itself themselves however "
        "therefore thus while because since although though while during within according let get got when whether "
        "simply need needs needed want wants using use used able hence yes okay well as too not_"
    ).split()
)
# Words of which one more or less makes another meaning.
POLARITY_EN = frozenset(
    (
        "no not never none neither nor nobody nothing nowhere cannot without unless hardly barely rarely seldom except only "
        "before after more less most least fewer above below over under always sometimes all any some every each "
        "both either many few several half until must shall should may might often usually "
        "higher lower greater smaller larger longer shorter earlier later older younger better worse faster slower "
        "highest lowest greatest smallest largest longest shortest earliest latest oldest youngest best worst first_ last "
        "minimum maximum min max exactly unable impossible failed fails fail refuse refused deny denied lack lacks"
    ).split()
)
NEGATED = re.compile(r"(?<=not)['’]t\b|\b(ca|wo|sha)?(n['’]t)\b|n['’]t\b", re.IGNORECASE)
FUNCTION_ZH = frozenset(
    "的了在是和与及或也都就而且并把被将会可以您你我他她它们这那其之于为对由向请吧呢吗啊呀嘛么很更还又则便即若如果着地得个些该此所因但且个有要需想让给到从时候能够进行"
)
POLARITY_ZH = frozenset("不没无未非勿别禁莫否免拒")
# Where such a character is part of another word, it turns nothing round.
HARMLESS_ZH = re.compile(
    r"不仅|不但|不过|不同|不断|不少|不久|不论|不管|不管怎样|差不多|不锈|不妨|无论|无线|无关紧要|非常|并非常|未来|别人|特别|分别|区别|类别|"
    r"级别|性别|识别|个别|告别|无疑|不禁|无限|莫斯|莫名|非洲|未必然|是否|能否|可否|避免|免费|免疫|以免|没关系|否则|无数|不得不|无不|"
    r"除非|南非|非法|无法无天|别墅|辨别|鉴别|派别|不可避免"
)
MONEY_ZH = frozenset("美元 欧元 日元 港元 英镑 人民币".split())
UNITS = (
    frozenset(
        stem(word)
        for word in (
            "day hour minute second year month week mile metre meter kilometre kilometer foot feet inch inches percent million "
            "billion thousand trillion hundred dollar euro pound yuan cent kg km cm mm gb mb kb tb ghz mhz watt volt "
            "degree times people working business calendar pages points "
            "g mg ug ml l s ms ns lb oz pb khz hz kw mw kib mib gib cell patient bit byte"
        ).split()
    )
    | frozenset("天日周月年秒米元万亿千百人次个岁度吨克斤里页分时名位台件条倍种套家号点")
    | MONEY_ZH
)
NAME_LIKE = re.compile(r"[A-Z]")

NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
NUMBER_WORDS |= {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th"}
NUMBER_WORDS |= {word: f"{at}th" for at, word in enumerate("sixth seventh eighth ninth tenth eleventh twelfth".split(), 6)}
del NUMBER_WORDS["one"]  # more often a pronoun

# Words that may stand for each other. Small on purpose: each group must be safe in every text.
_SAME = [
    "big large", "begin began begun start commence", "end finish conclude", "buy purchase", "show display", "allow permit let",
    "help assist", "require need", "receive get obtain", "choose select pick", "remove delete", "fix repair",
    "people person", "kid child children", "movie film", "shop store", "quick fast rapid",
    "approximately about around roughly", "near close", "contact reach", "located situated", "email mail",
    "phone telephone", "picture image photo", "error fault", "also too", "turn switch", "click press tap", "enter type input",
    "set configure", "make create", "give provide", "tell inform", "build construct", "kill slay", "country nation",
    "company firm", "元 yuan rmb 人民币", "minimum min", "maximum max", "important significant", "major main",
    "different distinct", "area region", "called named", "because since", "美元 usd", "欧元 eur",
]  # fmt: skip
CANON: dict[str, str] = {}
for _group in _SAME:
    _first, *_rest = (stem(word) for word in _group.split())
    for _word in (_first, *_rest):
        CANON.setdefault(_word, CANON.get(_first, _first))

# Chinese words that turn a meaning round, bind or measure, kept whole; → what they are compared as.
WORDS_ZH = {
    word: key
    for key, forms in {
        "notonly": "不仅 不仅仅 不但 不只",
        "must": "不得不 必须 务必 必需 应当 应该 须要",
        "mustnot": "不得 禁止 严禁 不准 不许 不可以 不能够 不能 不可",
        "unable": "无法 未能",
        "all": "所有 全部 一切 全体 任何 每个 每位 每次 凡是",
        "some": "部分 有些 一些 某些 有的 个别 少数 若干",
        "many": "多数 大多数 大部分 大量 许多 很多",
        "only": "仅仅 只有 只能 只会 只是 唯一 仅限 仅",
        "least": "至少 最少 不少于 不低于",
        "most": "至多 最多 不超过 不多于 不高于",
        "over": "超过 高于 大于 多于 超出 以上 大于等于",
        "under": "低于 小于 少于 不足 不到 以下 小于等于",
        "before": "之前 以前",
        "after": "之后 以后",
        "inside": "以内 之内",
        "outside": "以外 之外",
        "always": "总是 始终 一直 永远",
        "never": "从不 从未 从来没有 绝不 决不",
        "often": "经常 通常 往往 常常 一般",
        "sometimes": "有时 偶尔 很少",
        "unless": "除非",
        "maximum": "最大 最高 最长",
        "minimum": "最小 最低 最短",
        "more": "更多 更高 更大 更长 增加 增大 提高 上升",
        "less": "更少 更低 更小 更短 减少 减小 降低 下降",
    }.items()
    for word in forms.split()
}

CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "元"}

SCALES = frozenset((*map(stem, "percent million billion trillion thousand hundred".split()), *"万亿千百"))  # must not get lost
