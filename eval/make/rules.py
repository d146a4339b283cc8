"""Questions without an LLM: FAQ entries as they are, headings turned into questions, sentences with their fact left out."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.make.sections import Section
from rag.text.sentences import split_sentences
from rag.text.tokens import is_chinese, words

_ASKS = re.compile(
    r"[?？]\s*$|^(?:how|what|why|when|where|which|who|can|do|does|is|are)\b"
    r"|^(?:如何|怎么|怎样|为什么|什么|是否|能否|可以)|哪些|哪里|哪个|几[个天次]|谁|(?:吗|呢|多少|怎么办)$",
    re.IGNORECASE,
)
_VERB_EN = re.compile(r"^[A-Z]?[a-z]+\b")
_VERBS = frozenset(
    (
        "add change set use cancel install remove delete update connect share turn reset find check create manage move pay "
        "replace choose configure download enable disable upload invite export import transfer order return contact build "
        "make deploy run start stop write read upgrade view edit restore back sign log switch mount wire charge clean test"
    ).split()
)
_VERBS_ZH = tuple(
    (
        "添加 修改 设置 使用 取消 安装 删除 更新 连接 分享 开启 关闭 重置 查看 检查 创建 管理 迁移 支付 更换 选择 配置 下载 "
        "启用 禁用 上传 邀请 导出 导入 转让 申请 退 联系 部署 运行 升级 编辑 恢复 备份 登录 切换 绑定 解绑 注销 开具 购买 续费"
    ).split()
)
_CLAUSE = re.compile(r"^(?:if|after|before|when|while|i|my|no|the .+ (?:is|are|has|have|does|will))\b", re.IGNORECASE)
_GENERIC = frozenset(
    (
        "overview introduction faq notes note summary details example examples reference see also next steps contents "
        "概述 简介 说明 注意 注意事项 常见问题 示例 参考 目录 总结 背景 附录 其他"
    ).split()
)
_UNITS = (
    "%|％|°C|℃|[GMTk]B|[GMk]bps|[kMG]?Hz|fps|mA|min|minutes?|seconds?|hours?|(?:working |business )?days?|weeks?|months?|years?"
    "|inches|feet|pounds|kg|cm|mm|km|ms|个?工作日|个月|分钟|小时|[天日年月周秒次台元级米位张条岁倍折]"
)
_FACT = re.compile(
    rf"(?<![\w.\-])[$£€¥]?\d+(?:[.,:]\d+)*(?: ?(?:{_UNITS})(?![a-zA-Z]))?|\b[A-Z]{{1,5}}-?\d{{2,}}\b|《[^《》]{{2,30}}》"
)
_LEAD = re.compile(r"^(?:\d+(?:\.\d+)*[.、)]?|第[一二三四五六七八九十百\d]+[章节条步]|[一二三四五六七八九十]+、)\s*")
BLANK = "____"
_SHORTEST, _LONGEST = 12, 240  # characters of a sentence worth leaving a fact out of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question before the filters. `method`: faq, heading, cloze, llm; `fact`: the text that a right answer must say."""

    section: Section
    method: str
    question: str
    answer: str
    fact: str = ""


def candidates(sections: Sequence[Section], seed: int = 0) -> list[Candidate]:
    """All that the rules give, in the order of the documents."""
    titles = Counter(heading for section in sections for heading in {section.headings[-1] if section.headings else ""})
    rng = random.Random(seed)
    made_by_rule: list[Candidate] = []
    for section in sections:
        made_by_rule += _faq(section)
        made_by_rule += _heading(section, titles)
        made_by_rule += _cloze(section, rng)
    return made_by_rule


def _faq(section: Section) -> Iterator[Candidate]:
    if section.kind == "faq" and section.asks:
        yield Candidate(section, "faq", section.asks, section.text.strip())


def _heading(section: Section, titles: Counter[str]) -> Iterator[Candidate]:
    """The innermost heading; not one that stands over many passages, where no one of them is the answer."""
    if section.kind in ("faq", "case") or not section.headings:
        return
    heading = _LEAD.sub("", section.headings[-1]).strip(" #*_`:：")
    if titles[section.headings[-1]] > 2 or heading.lower() in _GENERIC or len(words(heading)) < 2:
        return
    answer = _opening(section.text)
    if answer:
        yield Candidate(section, "heading", _question(heading, section.title), answer)


def _question(heading: str, title: str) -> str:
    about = f"（{title}）" if title and title not in heading else ""
    if is_chinese(heading):
        if _ASKS.search(heading):
            return heading if heading.endswith(("?", "？")) else f"{heading}？"
        return f"如何{heading}？{about}" if heading.startswith(_VERBS_ZH) else f"关于{heading}，有什么说明？{about}"
    about = f" ({title})" if title and title not in heading else ""
    if _ASKS.search(heading):
        return heading if heading.endswith("?") else f"{heading}?"
    first = _VERB_EN.match(heading)
    if first and first.group().lower() in _VERBS:
        return f"How do I {heading[0].lower()}{heading[1:]}?{about}"
    if _CLAUSE.search(heading):
        return f"{heading}: what should I do?{about}"
    return f"What should I know about {heading}?{about}"


def _cloze(section: Section, rng: random.Random) -> Iterator[Candidate]:
    """One sentence of the passage with one fact left out: a number with its unit, a code, a title."""
    if section.kind == "code":
        return
    fitting = []
    for start, end in split_sentences(section.text):
        sentence = section.text[start:end].strip()
        facts = [match for match in _FACT.finditer(sentence) if sentence.count(match.group().strip()) == 1]
        if _SHORTEST <= len(sentence) <= _LONGEST and facts and not set("|\n") & set(sentence) and len(words(sentence)) >= 5:
            fitting.append((sentence, facts))
    if not fitting:
        return
    sentence, facts = rng.choice(fitting)
    match = rng.choice(facts)
    fact = match.group().strip()
    blanked = f"{sentence[: match.start()]}{BLANK}{sentence[match.start() + len(fact) :]}"
    question = f"填空：{blanked}" if is_chinese(sentence) else f"Fill in the blank: {blanked}"
    yield Candidate(section, "cloze", question, sentence, fact)


def _opening(text: str, most: int = 3) -> str:
    """The first sentences of a passage."""
    spans = split_sentences(text)[:most]
    return text[spans[0][0] : spans[-1][1]].strip() if spans else ""
