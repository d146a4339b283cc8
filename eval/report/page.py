"""The page: what was compared, the figures, the plots, and the questions behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from eval.metrics import Scored
from eval.names import LESS_IS_BETTER
from eval.refusal import refusal_curve, risk_coverage
from eval.report import plots
from eval.report.questions import flips, wrongs
from eval.report.texts import both, both_svg, plain
from eval.runs import Kept
from eval.summary import value_of
from rag.errors import ConfigError

_RANKS = 20
_GROUP = ("questions", "recall_at_5", "ndcg_at_10", "mrr", "first_citation", "f1", "false_refusal", "wrong_answer")
_FOREST = 12  # metrics drawn
_TIMES = ("milliseconds", "retrieve_ms", "prompt_tokens", "completion_tokens", "perplexity")


def write(file: Path, a: Kept, b: Kept | None = None, compared: Mapping[str, Any] | None = None) -> None:
    """Writes the report of one run, or of two and their comparison. Raises ConfigError when the file cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page(a, b, compared), encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write {file}: {exc.strerror}.", field="--html", fix="Name a writable path.") from exc


def page(a: Kept, b: Kept | None = None, compared: Mapping[str, Any] | None = None) -> str:
    """The whole page as text."""
    style = resources.files("eval.report").joinpath("style.css").read_text(encoding="utf-8")
    title = plain("title_two" if b else "title_one")
    body = [_header(both("title_two" if b else "title_one")), _about(a, b)]
    if b is not None and compared is not None:
        body += [
            _differs(compared),
            _table_of_two(compared),
            _plots(a, b, compared),
            _languages(compared),
            flips(compared["flipped"]),
        ]
    else:
        body += [_table_of_one(a), _plots(a, None, None), _groups(a), wrongs(a.questions)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Xiansou</title><style>{style}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _header(title: str) -> str:
    return (
        f'<header><h1>{title}</h1><div class="switch" role="group" aria-label="Language · 语言">'
        '<input type="radio" name="lang" id="lang-en" checked><label for="lang-en">English</label>'
        '<input type="radio" name="lang" id="lang-zh"><label for="lang-zh">中文</label></div></header>'
    )


def _about(a: Kept, b: Kept | None) -> str:
    cards = []
    for letter, run in (("a", a), ("b", b)):
        if run is None:
            continue
        facts = run.report
        dot = f'<span class="dot {letter}">{letter.upper()}</span>' if b else ""
        rows = [
            ("run", facts["id"]), ("suite", facts["suite"]), ("date", facts["date"]), ("questions", len(run.questions)),
            ("configuration", facts["fingerprint"]), ("documents", facts["library"]), ("version", facts["program"]["xiansou"]),
        ]  # fmt: skip
        listed = "".join(f"<dt>{both(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in rows)
        failed = "".join(f'<p class="note failed">{both("failed")}: {escape(line)}</p>' for line in facts["failed_thresholds"])
        notes = "".join(f'<p class="note">{escape(line)}</p>' for line in facts.get("notes", []))
        cards.append(f'<div class="card">{dot}<dl>{listed}</dl>{failed}{notes}</div>')
    return f'<div class="grid2">{"".join(cards)}</div>'


def _differs(compared: Mapping[str, Any]) -> str:
    head = f"<h2>{both('vertical' if compared['kind'] == 'dates' else 'horizontal')}</h2>"
    note = "" if compared["same_documents"] else f'<p class="note failed">{both("other_documents")}</p>'
    if not compared["differences"]:
        return f'{head}<p class="note">{both("same")}</p>{note}'
    rows = "".join(
        f"<tr><td>{escape(row['setting'])}</td><td>{escape(str(row['a']))}</td><td>{escape(str(row['b']))}</td></tr>"
        for row in compared["differences"]
    )
    table = f'<table class="settings"><tr><th>{both("differs")}</th><th>A</th><th>B</th></tr>{rows}</table>'
    return f'{head}{note}<div class="card scroll">{table}</div>'


def _table_of_two(compared: Mapping[str, Any]) -> str:
    rows = []
    for row in compared["metrics"]:
        better = (row["difference"] > 0) != (row["metric"] in LESS_IS_BETTER)
        low, high = row["interval"]
        css = "" if low <= 0 <= high or row["difference"] == 0 else ("good" if better else "bad")
        chance = "–" if row["permutation"] is None else f"{_chance(row['permutation'])} · {_chance(row['wilcoxon'])}"
        rows.append(
            f"<tr><td>{row['metric']}</td><td>{row['a']:.4g}</td><td>{row['b']:.4g}</td>"
            f'<td class="{css}">{_signed(row["difference"])}</td><td>{_signed(low)} … {_signed(high)}</td>'
            f"<td>{row['wins']}</td><td>{row['losses']}</td><td>{chance}</td></tr>"
        )
    names = "".join(f"<th>{both(key)}</th>" for key in ("difference", "interval", "won", "lost", "p"))
    head = f"<tr><th>{both('metric')}</th><th>A</th><th>B</th>{names}</tr>"
    note = f'<p class="note">{both("p_note")}</p>'
    return f'<h2>{both("metrics")}</h2>{note}<div class="card scroll"><table>{head}{"".join(rows)}</table></div>'


def _languages(compared: Mapping[str, Any]) -> str:
    """The usual metrics of each language, where there is more than one."""
    if len(compared["by_language"]) < 2:
        return ""
    rows = "".join(
        f"<tr><td>{escape(lang)} · {row['metric']}</td><td>{row['a']:.4g}</td><td>{row['b']:.4g}</td>"
        f"<td>{_signed(row['difference'])}</td><td>{row['wins']}</td><td>{row['losses']}</td></tr>"
        for lang, metrics in compared["by_language"].items()
        for row in metrics
        if row["metric"] in _GROUP
    )
    names = "".join(f"<th>{both(key)}</th>" for key in ("difference", "won", "lost"))
    head = f"<tr><th>{both('metric')}</th><th>A</th><th>B</th>{names}</tr>"
    return f'<h2>{both("languages")}</h2><div class="card scroll"><table>{head}{rows}</table></div>'


def _signed(value: float) -> str:
    return f"{value:+.3g}" if value else "0"


def _chance(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _table_of_one(run: Kept) -> str:
    intervals = run.report["intervals"]
    rows = []
    for name, value in run.report["metrics"].items():
        between = " … ".join(f"{end:.4g}" for end in intervals[name]) if name in intervals else ""
        rows.append(f"<tr><td>{name}</td><td>{value:.4g}</td><td>{between}</td></tr>")
    head = f"<tr><th>{both('metric')}</th><th>{both('value')}</th><th>{both('interval')}</th></tr>"
    half = (len(rows) + 1) // 2
    tables = "".join(f'<div class="card scroll"><table>{head}{"".join(p)}</table></div>' for p in (rows[:half], rows[half:]))
    return f'<h2>{both("metrics")}</h2><div class="grid2">{tables}</div>'


def _groups(run: Kept) -> str:
    groups = {**run.report["by_language"], **run.report["by_type"]}
    names = [name for name in _GROUP if any(name in metrics for metrics in groups.values())]
    if len(groups) < 2:
        return ""
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(
        f"<tr><td>{escape(group)}</td>"
        + "".join(f"<td>{metrics[n]:.4g}</td>" if n in metrics else "<td></td>" for n in names)
        + "</tr>"
        for group, metrics in groups.items()
    )
    table = f"<table><tr><th>{both('group')}</th>{head}</tr>{rows}</table>"
    return f'<h2>{both("groups")}</h2><div class="card scroll">{table}</div>'


def _plots(a: Kept, b: Kept | None, compared: Mapping[str, Any] | None) -> str:
    runs = [("a", a.questions)] + ([("b", b.questions)] if b else [])
    cards = [_rank_plot(runs), _risk_plot(runs), _refusal_plot(runs), _time_plot(runs)]
    if compared is not None:
        rows = [
            (row["metric"], row["difference"], *row["interval"], row["metric"] in LESS_IS_BETTER)
            for row in compared["metrics"]
            if row["metric"] not in _TIMES and row["wins"] + row["losses"]
        ]
        cards.insert(0, _card("forest", plots.forest(rows[:_FOREST], plain("forest"))))
    legend = '<span class="dot a">A</span><span class="dot b">B</span>' if b else ""
    return f'<h2>{legend}</h2><div class="grid2">{"".join(cards)}</div>'


def _card(key: str, svg: str, note: str = "") -> str:
    return f'<div class="card"><h3>{both(key)}</h3>{svg}{note}</div>'


def _rank_plot(runs: Sequence[tuple[str, Sequence[Scored]]]) -> str:
    ks = list(range(1, _RANKS + 1))
    lines = []
    for css, rows in runs:
        ranks = [row.rank for row in rows if row.answerable]
        if ranks:
            shares = [sum(1 for rank in ranks if rank is not None and rank <= k) / len(ranks) for k in ks]
            lines.append(plots.Line(css, ks, shares))
    axis = plots.Axis(1, _RANKS, (1, 3, 5, 10, 15, 20))
    return _card("rank", plots.chart(lines, axis, plots.share(), both_svg("rank_x"), plain("rank")))


def _risk_plot(runs: Sequence[tuple[str, Sequence[Scored]]]) -> str:
    lines = []
    for css, rows in runs:
        coverage, risk = risk_coverage([row.confidence for row in rows], [float(not row.right) for row in rows])
        lines.append(plots.Line(css, coverage.tolist(), risk.tolist()))
    most = plots.nice(max((max(line.y) for line in lines if line.y), default=0.0))
    svg = plots.chart(lines, plots.share(), plots.share(most), both_svg("risk_x"), plain("risk"))
    return _card("risk", svg, f'<p class="note">{both("risk_note")}</p>')


def _refusal_plot(runs: Sequence[tuple[str, Sequence[Scored]]]) -> str:
    lines = []
    for css, rows in runs:
        wrong, refused = refusal_curve([row.confidence for row in rows], [row.answerable for row in rows])
        lines.append(plots.Line(css, wrong.tolist(), refused.tolist()))
    if not any(len(line.x) for line in lines):  # no question without an answer
        return ""
    svg = plots.chart(lines, plots.share(), plots.share(), both_svg("refusal_x"), plain("refusal"))
    return _card("refusal", svg, f'<p class="note">{both("refusal_note")}</p>')


def _time_plot(runs: Sequence[tuple[str, Sequence[Scored]]]) -> str:
    answers = all(row.milliseconds is not None for _, rows in runs for row in rows)
    name = "milliseconds" if answers else "retrieve_ms"
    times = [(css, [value for row in rows if (value := value_of(row, name)) is not None]) for css, rows in runs]
    lines = [plots.Line(css, *plots.ecdf(values)) for css, values in times if values]
    every = [value for _, values in times for value in values] or [1.0]
    key = "latency" if answers else "latency_retrieve"
    svg = plots.chart(lines, plots.logarithmic(min(every), max(every)), plots.share(), both_svg("latency_x"), plain(key))
    return _card(key, svg)
