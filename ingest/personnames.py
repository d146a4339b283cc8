"""Names of people where a label, a column or a signature says that they are: `联系人：王小明`, `Requester: Ana Reyes`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯"
    "邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫"
    "查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮鄧許呂蘇盧蔣賈葉閻鍾薑範譚鄒陸顧萬錢湯喬賀賴龔龐蘭顏倪嚴蘆莊單關淩費紀項衛閔車邊饒簡婁連計竇遲藍鞏"
)
_COMPOUND = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "歐陽",
    "司馬",
    "諸葛",
    "東方",
)
_TITLE_ZH = "(?:先生|女士|小姐|太太|经理|經理|老师|老師|工程师|工程師|主任|师傅|師傅)"
_ZH = rf"[\u4e00-\u9fff]{{2,4}}?(?:·[\u4e00-\u9fff]{{1,6}})?(?={_TITLE_ZH}?(?:[^\u4e00-\u9fff]|$))"
_EN = (
    r"[A-Z][a-zA-Z'’-]+(?:[ \t](?:[A-Z]\.|[A-Z][a-zA-Z'’-]+|de|da|van|von|der|la|bin|al)){0,3}[ \t][A-Z][a-zA-Z'’-]+(?![\w'’-])"
)
_ROLES_ZH = (
    "(?:客户|客戶|顾客|顧客|用户|用戶|会员|會員|学员|患者|联系|聯繫|聯絡|联络|收货|收件|寄件|报修|報修|申请|申請|投诉|反馈|经办|经手|负责|責任|责任|负責|負責"
    "|处理|處理|跟进|跟進|受理|对接|审核|维修|安装|值班|提交|创建|签收|发件|作者|签名|署名|落款)?"
)
_LABEL_ZH = (
    rf"(?:{_ROLES_ZH}(?:人员|人員|人|员|者)?的?(?:姓名|名字|真实姓名)|(?:联系|聯繫|聯絡|联络|收货|收件|寄件|报修|報修|申请|申請|投诉|反馈|经办|经手"
    r"|负责|負責|责任|責任|处理|處理|跟进|跟進|受理|对接|提交|创建|发件|签收|值班)(?:人员|人員|人|员|員)|客户|客戶|顾客|作者|签名|署名|落款|工程师|工程師|技术员|客服(?:人员|专员)?|坐席|学员|患者)"
)
_LABEL_EN = (
    r"(?:(?:customer|client|contact|requester|reporter|agent|employee|patient|student|buyer|sender|recipient|full"
    r"|first|last|family|user)(?:'s)?[ _]?name"
    r"|contact(?:[ _]person)?|requester|requested[ _]by|reporter|reported[ _]by|submitter|submitted[ _]by|assignee"
    r"|assigned[ _]to|handled[ _]by|agent|author"
    r"|customer|signed(?:[ _]by)?|technician|engineer|prepared[ _]by|approved[ _]by|written[ _]by|owner|attn\.?|caller)"
)
_LABELLED = re.compile(
    rf"(?:^|[\s；;，,。|【\[(（])(?:{_LABEL_ZH}[ \t]*[:：][ \t]*(?P<zh>{_ZH})|(?i:{_LABEL_EN})[ \t]*[:：][ \t]*(?P<en>{_EN}"
    rf"|[A-Z][a-z]{{1,20}}(?=[;；|\n]|$)))",
    re.MULTILINE,
)
_COLUMN = re.compile(rf"{_LABEL_ZH}|(?i:{_LABEL_EN})")
_SIGNED = re.compile(
    rf"(?:此致|敬礼|敬禮|祝好|顺祝商祺|順頌商祺|顺颂商祺|谢谢|謝謝|敬上|敬祝)[！!。，,~]?[ \t]*\n+(?:(?:此致|敬礼"
    rf"|敬禮)[！!]?[ \t]*\n+)?[ \t]*(?P<zh>{_ZH})"
    rf"|(?i:(?:(?:best|kind|warm(?:est)?|many)[ \t]+)?(?:regards|wishes|thanks)|yours (?:sincerely|faithfully|truly)"
    rf"|sincerely(?: yours)?|cheers|thank you)"
    rf"[,.!]?[ \t]*\n+[ \t]*(?P<en>{_EN}|[A-Z][a-z]{{1,20}}(?=[ \t]*(?:\n|$)))"
    rf"|^--[ \t]*\n[ \t]*(?P<dash>{_EN}|{_ZH})",
    re.MULTILINE,
)
_NOBODY = re.compile(
    r"\b(?:team|support|service|services|desk|cent(?:er|re)|department|office|sales|group|ltd|inc|gmbh|llc|help|customer|care|unknown|none|n/a"
    r"|hotline|store|shop|company|corp)\b|公司|中心|部|组|待定|团队",
    re.IGNORECASE,
)


def is_label(name: str) -> bool:
    """Whether a column of this name holds people."""
    return _COLUMN.fullmatch(name.strip().rstrip(":： ")) is not None


def is_name(text: str) -> bool:
    """Whether a value under such a label is a name."""
    text = text.strip()
    if not 1 < len(text) <= 40 or _NOBODY.search(text):
        return False
    if re.fullmatch(rf"[\u4e00-\u9fff·]{{2,10}}?{_TITLE_ZH}?", text):
        return (text[0] in _SURNAMES and len(text) <= 7) or text.startswith(_COMPOUND) or "·" in text
    return re.fullmatch(rf"{_EN}|[A-Z][a-z]{{1,20}}", text) is not None


def names_in(text: str) -> Iterator[str]:
    """Names that labels and signatures of the text introduce."""
    for pattern in (_LABELLED, _SIGNED):
        for match in pattern.finditer(text):
            name = next((group for group in match.groupdict().values() if group), "").strip()
            if is_name(name):
                yield name


def places(text: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where any of the names stands in the text, whole."""
    ordered = sorted(set(names), key=len, reverse=True)
    if not ordered:
        return
    one = "|".join(rf"(?<![\w])(?:{re.escape(name)})(?![\w])" if name.isascii() else re.escape(name) for name in ordered)
    for match in re.finditer(one, text):
        yield match.span()
