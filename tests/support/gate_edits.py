# ruff: noqa: E501  (word lists and patterns)
"""A second set for the sentence gate, made in other ways and of other texts than `gate_sets` (whose measuring it shares).

XIANSOU_DATA=<folder of the data> python -m tests.support.gate_edits [--each 500] [--seed 1] [--show 20]

Unsupported: one word of a real sentence is replaced by its opposite or by another of its kind (see `KINDS`), two phrases change
places, a "not" goes, or currencies, percentages, months, versions, ordinals change. Supported: what a careful LLM makes of a
sentence. Not natural: a replaced word leaves its neighbours as they are, also where grammar would want another form; sentences
of question sets are encyclopaedic, those of help centres may be fragments; in a few the opposite says nearly the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

from rag.text.sentences import split_sentences
from tests.support.gate_sets import Sample, Text, _rows, hit, main

_HAN = re.compile("[\u4e00-\u9fff]")
_CODE = re.compile(r"[=;{}|]|\w\(|\w_\w|::|]\(|^\s*(?:[#>]|\d+[.)、]|import|-{3})")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w.]*\w)")

# Each line: words of a kind, of which none says the same as another.
KINDS_EN = [line.split() for line in """
must may should|all some no|always sometimes never|before after|more less|most least|above below|over under|higher lower
larger smaller|greater lesser|earlier later|older younger|longer shorter|best worst|first second third fourth|last first
minimum maximum|min max|increase decrease|increases decreases|increased decreased|enable disable|enabled disabled|on off|up down
if unless|with without|and or|include exclude|includes excludes|included excluded|allow prevent|allowed forbidden|open close
start stop|begin end|import export|upload download|add remove|added removed|public private|internal external|left right
north south|east west|northern southern|eastern western|early late|old new|high low|large small|big small|long short|hot cold
positive negative|true false|same different|many few|every no|both neither|only also|at least at most|accept reject|win lose
won lost|buy sell|true false|male female|men women|father mother|son daughter|his her|he she|summer winter|import export
January March June August October|Monday Wednesday Friday|day week month year|days weeks months years|hours minutes seconds
million billion thousand|two five seven nine|French German Italian Spanish|British American|Chinese Japanese|from to
required optional|automatic manual|automatically manually|possible impossible|available unavailable|successful unsuccessful
inside outside|input output|front back|top bottom|rich poor|strong weak|legal illegal|temporary permanent|active inactive
significantly slightly|rarely often|up down|faster slower|maximum minimum|ancient modern|urban rural|attack defend|gain loss
""".replace("\n", "|").strip("|").split("|")]  # fmt: skip
KINDS_ZH = [line.split() for line in """
必须 可以 不得|应当 可以 不得|所有 部分|全部 部分|以上 以下|之前 之后|以前 以后|以内 以外|大于 小于|高于 低于|多于 少于|超过 不足
至少 至多|最多 最少|最大 最小|最高 最低|最新 最旧|增加 减少|提高 降低|上升 下降|启用 禁用|开启 关闭|打开 关闭|允许 禁止|支持 拒绝
同意 拒绝|添加 删除|增大 减小|自动 手动|公开 私有|内部 外部|左 右|东 西|南 北|早 晚|前 后|或者 并且|和 或|从 到|总是 偶尔|经常 很少
有效 无效|成功 失败|合法 非法|正确 错误|相同 不同|积极 消极|输入 输出|上传 下载|导入 导出|开始 结束|首先 最后|第一 第二 第三
一月 三月 八月|星期一 星期五|天 周 年|小时 分钟 秒|万 亿|元 美元|男 女|父亲 母亲|买 卖|原告 被告|债权人 债务人|出租人 承租人
甲方 乙方|故意 过失|有权 无权|有 没有|是 不是|能 不能|会 不会|需要 不需要|如果 除非|唯一 之一|任何 某些|仅 也|完全 部分|长期 短期
主要 次要|直接 间接|永久 临时|夏季 冬季|冷 热|快 慢|大 小|长 短|新 旧|好 坏|英国 法国 德国 美国|两 三 五|十 百|民事 刑事|口头 书面
""".replace("\n", "|").strip("|").split("|")]  # fmt: skip

Way = Callable[[str, Text, random.Random], str | None]


def read_other_texts(data: Path) -> list[Text]:
    """Texts that `gate_sets` does not read, and the question sets' passages."""
    found = []
    for name, most in (
        ("scifact_en", 900),
        ("stard_law_zh", 1500),
        ("squad2_en", 646),
        ("xquad_zh", 240),
        ("dureader_zh", 500),
    ):
        rows = _rows(data / "retrieval" / name / "corpus.jsonl.gz")
        found += [Text(row["text"][-900:] if name == "dureader_zh" else row["text"][:1500]) for row in rows[-most:]]
    for name, pattern in (("tidb_zh", "**/*.md"), ("dify_en_zh", "**/*.mdx"), ("plausible_en", "**/*.md*")):
        files = sorted((data / "help" / name).glob(pattern))
        for file in files[150:450] or files:
            for paragraph in re.split(r"\n\s*\n", file.read_text(encoding="utf-8", errors="replace")):
                if 80 < len(paragraph) < 1200 and not re.match(r"\s*(?:```|\||<|import|---|\{|!\[)", paragraph):
                    found.append(Text(paragraph.strip()))
    return found


# -- unsupported ---------------------------------------------------------------------------------------------------------


def opposite(sentence: str, text: Text, pick: random.Random) -> str | None:
    han = bool(_HAN.search(sentence))
    kinds = KINDS_ZH if han else KINDS_EN
    for kind in pick.sample(kinds, len(kinds)):
        for word in pick.sample(kind, len(kind)):
            found = list(re.finditer(re.escape(word) if han else rf"(?<![\w'-]){word}(?![\w'-])", sentence))
            if found and not (han and _part_of_word(sentence, found[0], word)):
                new = pick.choice([other for other in kind if other != word])
                return sentence[: found[0].start()] + new + sentence[found[0].end() :]
    return None


def _part_of_word(sentence: str, found: re.Match[str], word: str) -> bool:
    """A single character is taken only where digits, 的 or an end stand beside it: elsewhere it is part of a word."""
    if len(word) > 1:
        return found.group() == "没有" and False
    around = sentence[max(found.start() - 1, 0) : found.start()], sentence[found.end() : found.end() + 1]
    return not any(side == "" or side in "的，。、 是" or side.isdigit() for side in around)


def without_not(sentence: str, text: Text, pick: random.Random) -> str | None:
    if _HAN.search(sentence):
        changed = re.sub(
            "不(?=能|会|应|得|需|支持|允许|存在|影响|包含|属于|要|可以|适用|承担)|没有|未(?=经|能|被)|无需",
            "",
            sentence,
            count=1,
        )
    else:
        changed = re.sub(
            r" not\b(?! only)|(?<=n)n't\b|(?<=do)n't|(?<=does)n't|(?<=is)n't|(?<=are)n't|\bnever ", "", sentence, count=1
        )
    return changed if changed != sentence else None


def with_not(sentence: str, text: Text, pick: random.Random) -> str | None:
    if _HAN.search(sentence):
        changed = re.sub(
            "(?<!不)(?<!可以)(可以|会(?=[被在对给将])|能够|应当|支持|包括|允许|属于|适用)", r"不\1", sentence, count=1
        )
    else:
        changed = re.sub(
            r"\b(is|are|was|were|can|will|should|must|may|has been|have been)\b(?! not)", r"\1 not", sentence, count=1
        )
    return changed if changed != sentence else None


def other_figure(sentence: str, text: Text, pick: random.Random) -> str | None:
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    match = pick.choice(found)
    value = match.group()
    here = sentence[: match.start()], sentence[match.end() :]
    choices = [
        "" if "." in value else value + "0",
        str(pick.randint(2, 99)),
        value[::-1],
        re.sub(r"^\d", lambda m: str(int(m[0]) % 9 + 1), value),
    ]
    choices += [other.group() for other in found]
    new = pick.choice([c for c in choices if c and c != value and not c.startswith("0")] or [value + "1"])
    return here[0] + new + here[1]


def other_measure(sentence: str, text: Text, pick: random.Random) -> str | None:
    pairs = [(r"(?<=\d)%", "‰"), (r"(?<=\d)%", " million"), (r"(?<=\d) percent\b", " points"), (r"\$(?=\d)", "€"), (r"£(?=\d)", "$"),
             (r"(?<=\d) ?MB\b", " GB"), (r"(?<=\d) ?GB\b", " TB"), (r"(?<=\d) ?KB\b", " MB"), (r"(?<=\d) ?ms\b", " s"),
             (r"(?<=\d) km\b", " miles"), (r"(?<=\d) million\b", ""), (r"(?<=\d) ?mg\b", " g"), (r"(?<=\d) ?年", " 月"),
             (r"(?<=\d) ?日", " 年"), (r"(?<=\d) ?万", " 亿"), (r"(?<=\d) ?元", " 美元"), ("百分之", "千分之"),
             (r"\bv?(\d+)\.(\d+)\.(\d+)\b", r"\1.\3.\2"), (r"(?<=[一二三四五六七八九十])年", "个月"), (r"(?<=[一二三四五六七八九十])日", "年"),
             ("三(?=[年日个人十])", "五"), ("二(?=[年日个人十])", "四"), ("十(?=[年日五])", "九")]  # fmt: skip
    for pattern, put in pick.sample(pairs, len(pairs)):
        changed = re.sub(pattern, put, sentence, count=1)
        if changed != sentence:
            return changed
    return None


_SMALL = frozenset(
    "the a an this that it its he she they their there why who what which you your however then also not to for and or log "
    "click think think of these those one each such be do have being does did get got in by on to from with than just set verify use when where if as".split()
)


def swapped(sentence: str, text: Text, pick: random.Random) -> str | None:
    """What stands before and behind a verb or preposition changes places."""
    if _HAN.search(sentence):
        match = re.search(
            r"(?:^|[，。：])([^，。、：（）“”]{2,12})(是|属于|高于|低于|包含|包括|取代|由|影响|导致|支付给|向|依赖|优于|位于)([^，。、：（）的“”]{2,12})(?=[，。]|$)",
            sentence,
        )
    else:
        match = re.search(r"\b([A-Z][\w-]+|the \w+|an? \w+)( (?:is|was|are|were|has|defeated|of|in|by|from|to|over|than|for|on|controls?|causes?|owns?|joined|replaced|followed|includes?|before|after|calls?|inhibits?|binds) )((?:the |an? )?[A-Za-z][\w-]+)(?=[\s,.;]|$)", sentence)  # fmt: skip
    if (
        not match
        or match[1].lower() == match[3].lower()
        or {match[1].lower(), *match[3].lower().split()} & (_SMALL - {"the", "a", "an"})
    ):
        return None
    return sentence[: match.start(1)] + match[3] + match[2] + match[1] + sentence[match.end(3) :]


def lent(sentence: str, text: Text, pick: random.Random) -> str | None:
    """A name of another sentence of the same passage in the place of one of this."""
    name = (
        r"(?<![.!?:] )(?<!^)\b[A-Z][a-z]{2,}(?: [A-Z][a-z]+)*\b"
        if not _HAN.search(sentence)
        else r"`[^`]{2,30}`|[A-Za-z]{2,20}|《[^》]+》|“[^”]{2,12}”"
    )
    here = [n for n in re.findall(name, sentence)]
    far = [n for n in re.findall(name, text.text) if n not in sentence and n.lower() not in sentence.lower()]
    return sentence.replace(pick.choice(here), pick.choice(far), 1) if here and far else None


WRONG: dict[str, Way] = {
    "opposite": opposite, "without_not": without_not, "with_not": with_not, "figure": other_figure, "measure": other_measure,
    "swapped": swapped, "lent": lent, "opposite_": opposite,
}  # fmt: skip


# -- supported -----------------------------------------------------------------------------------------------------------


def led(sentence: str, after: str, pick: random.Random) -> str | None:
    if _HAN.search(sentence):
        return (
            pick.choice(["根据文档，", "根据提供的资料，", "文档指出，", "根据上述内容，", "按照规定，", "需要注意的是，"])
            + sentence
        )
    lower = sentence if re.match(r"[A-Z]{2}|I\b|[^a-zA-Z]", sentence) else sentence[0].lower() + sentence[1:]
    return pick.choice(["According to the documents, ", "Based on the provided information, ", "The documentation states that ", "As mentioned in the passage, "]) + lower  # fmt: skip


def joined(sentence: str, after: str, pick: random.Random) -> str | None:
    if not 20 < len(after) < 160 or len(sentence) > 200 or _CODE.search(after):
        return None
    if _HAN.search(sentence):
        return sentence.rstrip("。.；;") + pick.choice(["，", "；", "，并且"]) + after
    return sentence.rstrip(".") + pick.choice([", and ", "; ", ". "]) + after[0].lower() + after[1:]


def plain(sentence: str, after: str, pick: random.Random) -> str | None:
    changed = re.sub(r"\*\*|`|__|^[-*+] ", "", sentence)
    return changed if changed != sentence else None


def figures(sentence: str, after: str, pick: random.Random) -> str | None:
    words = "two three four five six seven eight nine ten".split()
    changed = sentence
    if _HAN.search(sentence):
        changed = re.sub(
            r"(?<![几数第周期十百])([二三四五六七八九])(?=[年日天人条]|个[月人])",
            lambda m: str("零一二三四五六七八九".index(m[1])),
            changed,
        )
        changed = re.sub(r"\d", lambda m: chr(ord(m[0]) + 0xFEE0), changed) if pick.random() < 0.5 else changed
    else:
        for at, word in enumerate(words, 2):
            changed = re.sub(rf"\b{word}\b", str(at), changed)
        changed = (
            re.sub(r"(?<![\w.,$-])([2-9])(?= [a-z])", lambda m: words[int(m[1]) - 2], changed)
            if changed == sentence
            else changed
        )
    return changed if changed != sentence else None


def pronoun(sentence: str, after: str, pick: random.Random) -> str | None:
    match = re.match(
        r"(?:The [a-z]+|(?!No|Every|All|Each|Both|There|We|You|They|Below|Above|If|It|This|That|Who|What)[A-Z][a-z]+(?: [A-Z][a-z]+)?) (?=is|was|has|had|can|will|provides|uses|supports)",
        sentence,
    )
    return "It " + sentence[match.end() :] if match else None


def halved(sentence: str, after: str, pick: random.Random) -> str | None:
    cuts = [m.start() for m in re.finditer(r", (?:and|but|which|so|while) |；|。|; ", sentence) if m.start() > 25]
    return sentence[: cuts[0]] + ("。" if _HAN.search(sentence) else ".") if cuts else None


def addressed(sentence: str, after: str, pick: random.Random) -> str | None:
    if _HAN.search(sentence):
        return "您" + sentence if re.match("可以|需要|应", sentence) else "是的，" + sentence if pick.random() < 0.3 else None
    match = re.match(r"(?:Click|Select|Go|Open|Add|Choose|Set|Use|Enter|Make|Check|Run|Copy|Create|Configure) ", sentence)
    return (
        f"{pick.choice(['You can ', 'You need to ', 'To do this, ', 'Please '])}{sentence[0].lower()}{sentence[1:]}"
        if match
        else None
    )


_RIGHT = {"led": led, "joined": joined, "plain": plain, "figures": figures, "pronoun": pronoun, "halved": halved,
          "addressed": addressed, "same": lambda s, after, pick: s}  # fmt: skip


def build(texts: list[Text], each: int, seed: int) -> tuple[list[Sample], list[Sample]]:
    """(supported, unsupported), `each` of both; the ways take turns."""
    pick, pools = random.Random(seed), (list[Sample](), list[Sample]())
    for pool, names in zip(pools, (list(_RIGHT), list(WRONG)), strict=True):
        while len(pool) < each:
            text, name = pick.choice(texts), names[len(pool) % len(names)]
            spans = [(a, b) for a, b in split_sentences(text.text) if 18 <= b - a <= 260 and not _CODE.search(text.text[a:b])]
            if not spans:
                continue
            at = pick.randrange(len(spans))
            sentence = " ".join(text.text[slice(*spans[at])].split())
            after = (
                " ".join(text.text[slice(*spans[at + 1])].split())
                if spans[at + 1 :] and spans[at + 1][0] - spans[at][1] < 3
                else ""
            )
            made = WRONG[name](sentence, text, pick) if pool is pools[1] else _RIGHT[name](sentence, after, pick)
            if made is None or (pool is pools[1] and _tight(made) in _tight(text.text)):
                if pick.random() < 0.01:
                    names.append(names.pop(names.index(name)))
                continue
            others = [other.text for other in pick.sample(texts, 2) if _tight(made) not in _tight(other.text)]
            pool.append(Sample(f"{made} [1]", tuple(hit(body, n) for n, body in enumerate([text.text, *others])), name))
    return pools


def _tight(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


if __name__ == "__main__":
    main(build, read_other_texts)
