"""The Grafana dashboard and Prometheus' rules: every metric and label they name is one that the service has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from api.routes.metrics import exposition
from api.state import State
from rag.record.last import note
from rag.runtime import metrics
from rag.wiring import Application

ROOT = Path(__file__).parents[2] / "deploy"
DASHBOARD = json.loads((ROOT / "grafana" / "xiansou.json").read_text(encoding="utf-8"))
RULES = yaml.safe_load((ROOT / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
_SELECTOR = re.compile(r"(xiansou_\w+)(?:\{([^}]*)\})?")
_LABEL = re.compile(r'(\w+)\s*(?:=~|!=|!~|=)\s*"')
_BY = re.compile(r"\bby\s*\(([^)]*)\)")
_ADDED = {"instance", "job", "le"}  # by Prometheus, by histograms


def expressions() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]
    for rule in RULES:
        yield rule["alert"], rule["expr"]


@pytest.fixture(scope="module")
def series() -> dict[str, set[str]]:
    """Name as Prometheus stores it → its labels: what the processes count."""
    found: dict[str, set[str]] = {}
    for metric in [one.make() for one in metrics._all]:
        if isinstance(metric, MetricWrapperBase):
            labels = set(metric._labelnames)
            kinds = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}[metric._type]
            found |= {f"{metric._name}{ending}": labels for ending in kinds}
    return found


@pytest.fixture
def told(application: Application, series: dict[str, set[str]]) -> dict[str, set[str]]:
    """And what `/metrics` adds from the record."""
    for event in ("reindex", "good reindex", "backup"):
        note(application.ledger.engine, event, state="swapped", file="b.tar")
    here: Any = type("Here", (), {"application": application})()
    assert isinstance(here, State) or here.application is application
    text = exposition(here).decode()
    record = re.findall(r"^(xiansou_\w+?)(?:\{([^}]*)\})? ", text, re.MULTILINE)
    return series | {name: set(_LABEL.findall(labels)) for name, labels in record if name not in series}


def test_every_metric_and_label_that_is_named_exists(told: dict[str, set[str]]) -> None:
    named = 0
    for title, expression in expressions():
        labels: set[str] = set()
        for name, selected in _SELECTOR.findall(expression):
            named += 1
            assert name in told, (title, name)
            labels |= told[name]
            assert set(_LABEL.findall(selected)) <= told[name] | _ADDED, (title, expression)
        grouped = {label.strip() for group in _BY.findall(expression) for label in group.split(",")}
        assert grouped <= labels | _ADDED, (title, expression)
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), title
    assert named > 30


def test_every_metric_of_ours_is_shown(told: dict[str, set[str]]) -> None:
    shown = {name for _, expression in expressions() for name, _ in _SELECTOR.findall(expression)}
    families = {re.sub(r"_(total|bucket|sum|count|created)$", "", name) for name in told if name.startswith("xiansou_")}
    missing = families - {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in shown}
    assert missing <= {"xiansou_cache_saved_tokens", "xiansou_answers_kept"}


def test_legends_name_labels_that_the_expression_keeps() -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            kept = {label.strip() for group in _BY.findall(target["expr"]) for label in group.split(",")}
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= kept, panel["title"]


def test_panels_do_not_overlap_and_rules_say_what_to_do() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for rule in RULES:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook"}
        assert rule["labels"]["severity"] in ("critical", "warning")
    prometheus = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    assert prometheus["rule_files"] == ["alerts.yml"]


def test_every_alert_has_a_page_in_the_runbook() -> None:
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/runbooks/{rule['alert']}.md"
        assert f"# {rule['alert']}\n" in (ROOT.parent / rule["annotations"]["runbook"]).read_text(encoding="utf-8")
