"""Words of the report in English and Chinese."""

from __future__ import annotations

from html import escape

_WORDS = {
    "title_one": ("Evaluation", "评测报告"),
    "title_two": ("Comparison", "对比报告"),
    "run": ("Run", "运行"),
    "date": ("Date (UTC)", "日期（UTC）"),
    "suite": ("Suite", "测试集"),
    "configuration": ("Configuration", "配置指纹"),
    "documents": ("Documents", "文档库指纹"),
    "version": ("Program", "程序版本"),
    "questions": ("Questions", "问题数"),
    "passed": ("Passed", "通过"),
    "failed": ("Below threshold", "未达阈值"),
    "vertical": ("Two dates of one configuration", "同一配置的两个日期"),
    "horizontal": ("Two configurations", "两种配置"),
    "differs": ("What differs", "不同之处"),
    "same": ("The settings are the same.", "设置相同。"),
    "other_documents": (
        "The documents differ: the difference is not that of the settings alone.", "文档不同：差异不只来自设置。",
    ),
    "metrics": ("Figures", "指标"),
    "metric": ("Metric", "指标"),
    "value": ("Value", "值"),
    "interval": ("95 % interval", "95% 区间"),
    "difference": ("B − A", "B − A"),
    "won": ("Won", "胜"),
    "lost": ("Lost", "负"),
    "p": ("p permutation · Wilcoxon", "p 置换检验 · Wilcoxon"),
    "p_note": (
        "Won and lost count questions. p below 0.05: unlikely to be chance. Many metrics are tested at once; one small p "
        "among many is weak evidence.",
        "胜、负为问题数。p 小于 0.05 表示不太可能是偶然；同时检验多个指标时，单个小 p 值证据较弱。",
    ),
    "forest": ("Difference B − A with its 95 % interval", "差值 B − A 与 95% 区间"),
    "rank": ("Right document among the first k", "前 k 个文档中有正确文档"),
    "rank_x": ("k documents", "前 k 个文档"),
    "risk": ("Risk against coverage", "风险–覆盖曲线"),
    "risk_note": (
        "Share of wrong first documents among the questions answered, surest first.",
        "按置信度从高到低作答时，首个文档错误的比例。",
    ),
    "risk_x": ("share answered", "作答比例"),
    "refusal": ("False refusals against wrong answers", "误拒与误答"),
    "refusal_note": (
        "Share of the answerable questions that is refused (up), for each share of the unanswerable ones that is answered.",
        "纵轴：可答问题被拒答的比例；横轴：不可答问题被作答的比例。",
    ),
    "refusal_x": ("unanswerable questions answered", "不可答问题的作答比例"),
    "latency": ("Time of an answer", "回答耗时"),
    "latency_retrieve": ("Time of retrieval", "检索耗时"),
    "latency_x": ("milliseconds", "毫秒"),
    "groups": ("By language and type", "按语言与类型"),
    "languages": ("By language", "按语言"),
    "group": ("Group", "分组"),
    "flipped": ("Questions that flipped", "结果翻转的问题"),
    "none_flipped": ("None.", "无。"),
    "wrong": ("Questions that went wrong", "出错的问题"),
    "none_wrong": ("None.", "无。"),
    "expected": ("Expected", "应引用"),
    "nothing": ("a refusal", "拒答"),
    "answer": ("Answer", "回答"),
    "v_right": ("right", "正确"),
    "v_wrong": ("wrong", "错误"),
    "v_refused": ("refused", "拒答"),
    "no_hits": ("no passages", "无段落"),
    "more": ("more are in the JSON", "其余见 JSON"),
}  # fmt: skip


def both(key: str) -> str:
    """HTML that shows in the language that the reader chose."""
    english, chinese = _WORDS[key]
    return f'<span class="en">{escape(english)}</span><span class="zh" lang="zh">{escape(chinese)}</span>'


def both_svg(key: str) -> str:
    """The same inside an SVG text."""
    english, chinese = _WORDS[key]
    return f'<tspan class="en">{escape(english)}</tspan><tspan class="zh">{escape(chinese)}</tspan>'


def plain(key: str) -> str:
    """For titles and labels, which take one text."""
    return " · ".join(dict.fromkeys(_WORDS[key]))
