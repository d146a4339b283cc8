"""`xiansou plan`: more never needs less, measured sizes give what was measured, what is computed says so."""

from __future__ import annotations

import math
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from eval.plan import FAISS, PGVECTOR, Machine, Prices, at, number, plan, process_gb
from rag.errors import InputError
from xiansou import cli

SIZES = st.integers(1_000, 200_000_000)
RATES = st.floats(0.01, 5_000)


@pytest.mark.parametrize(
    ("text", "count"), [("20M", 20_000_000), ("1.5k", 1500), ("3,000", 3000), ("2b", 2 * 10**9), (" 7 ", 7)]
)
def test_numbers_as_people_write_them(text: str, count: int) -> None:
    assert number(text) == count


@pytest.mark.parametrize("text", ["", "many", "-3", "0", "3 GB", "1e6", "99999999b"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no number of passages"):
        number(text)


@pytest.mark.parametrize("qps", [0.0, -1.0, math.inf, math.nan])
def test_no_rate_is_refused(qps: float) -> None:
    with pytest.raises(InputError, match="questions a second"):
        plan(1000, qps)


def test_a_measured_size_gives_what_was_measured() -> None:
    for point in FAISS:
        assert at(point.passages, lambda one: one.memory_mb) == pytest.approx(point.memory_mb)
        assert not plan(point.passages, 1)["computed"]
    assert plan(FAISS[-1].passages + 1, 1)["computed"]
    middle = at((FAISS[0].passages + FAISS[1].passages) // 2, lambda one: one.memory_mb)
    assert middle == pytest.approx((FAISS[0].memory_mb + FAISS[1].memory_mb) / 2)


@given(SIZES, SIZES, RATES, RATES)
def test_more_passages_or_questions_never_cost_less_in_all(one: int, other: int, rate: float, faster: float) -> None:
    small, large = plan(min(one, other), min(rate, faster)), plan(max(one, other), max(rate, faster))
    needs = [{stage["stage"]: stage["needs"] for stage in told["stages"]} for told in (small, large)]
    assert needs[0]["serve"]["processes"] <= needs[1]["serve"]["processes"]
    assert needs[0]["store"]["ledger_gb"] <= needs[1]["store"]["ledger_gb"]
    assert needs[0]["start"]["memory_gb"] <= needs[1]["start"]["memory_gb"]
    assert small["cost_once"] <= large["cost_once"]


@given(SIZES, RATES, st.integers(1, 128), st.floats(4, 2_000))
def test_the_machines_hold_what_they_are_to_run(passages: int, qps: float, cores: int, memory: float) -> None:
    told = plan(passages, qps, Machine(cores, memory))
    each, needs = told["per_machine"], {stage["stage"]: stage["needs"] for stage in told["stages"]}
    assert each["processes"] * told["machines"] >= needs["serve"]["processes"]
    assert each["cores"] <= max(cores, 2)
    assert each["processes"] * process_gb(passages) <= each["memory_gb"]
    assert needs["start"]["memory_gb"] <= each["memory_gb"] + 0.1
    assert told["settings"]["server.processes"] == each["processes"]
    assert ("database.url" in told["settings"]) == (told["machines"] > 1)


@given(SIZES, SIZES, RATES, RATES)
def test_more_never_needs_less_of_a_database_with_vectors(one: int, other: int, rate: float, faster: float) -> None:
    small, large = (
        plan(n, qps, engine="pgvector")
        for n, qps in ((min(one, other), min(rate, faster)), (max(one, other), max(rate, faster)))
    )
    needs = [{stage["stage"]: stage["needs"] for stage in told["stages"]} for told in (small, large)]
    for name in ("vectors_gb", "cores", "memory_gb"):
        assert needs[0]["database"][name] <= needs[1]["database"][name]
    assert large["settings"]["index.engine"] == "pgvector"
    assert large["settings"]["database.url"].startswith("postgresql://")


def test_with_pgvector_a_process_holds_no_vectors() -> None:
    ours, theirs = process_gb(20_000_000, PGVECTOR), process_gb(20_000_000)
    assert ours < theirs / 10
    told = plan(20_000_000, 50, engine="pgvector")
    assert told["machines"] <= plan(20_000_000, 50)["machines"]
    assert any("bench pgvector" in line for line in told["advice"])
    assert not any("--engine pgvector" in line for line in told["advice"])


def test_an_engine_without_curves_is_refused() -> None:
    with pytest.raises(InputError, match="no curves"):
        plan(1000, 1, engine="milvus")


def test_prices_are_the_callers() -> None:
    free = plan(3_000_000, 20, prices=Prices(0, 0, 0))
    assert free["cost_a_month"] == free["cost_once"] == 0
    assert plan(3_000_000, 20, prices=Prices(0, 0, 1))["cost_a_month"] == pytest.approx(
        next(stage for stage in free["stages"] if stage["stage"] == "store")["needs"]["disk_gb"], abs=1
    )


def test_the_command_says_what_is_computed_and_why() -> None:
    told = orjson.loads(CliRunner().invoke(cli, ["plan", "--passages", "20M", "--qps", "50", "--json"]).stdout)
    assert told["computed"] and told["measured_up_to"] == FAISS[-1].passages
    assert [stage["stage"] for stage in told["stages"]] == ["ingest", "store", "start", "serve"]
    assert all(stage["why"] for stage in told["stages"])
    shown = CliRunner().invoke(cli, ["plan", "--passages", "20M", "--qps", "50"]).stdout
    assert "computed" in shown and "costs:" in shown and f"measured up to {FAISS[-1].passages:,}" in shown
    small = CliRunner().invoke(cli, ["plan", "--passages", "50k"]).stdout
    assert "between measured sizes" in small and "one machine is enough" in small


@pytest.mark.parametrize("page", ["docs/capacity.md", "docs/zh/capacity.md"])
def test_the_page_shows_what_is_reckoned_with(page: str) -> None:
    text = (Path(__file__).parents[3] / page).read_text()
    for passages in (*(point.passages for point in FAISS), 10_000_000):
        row = next(line for line in text.splitlines() if line.startswith(f"| {passages:,}"))
        told = [float(cell.strip(" *").replace(",", "")) for cell in row.strip("| ").split("|")][1:]
        assert told == pytest.approx(
            [
                at(passages, lambda one: one.memory_mb) / 1000,
                at(passages, lambda one: one.peak_mb) / 1000,
                at(passages, lambda one: one.ledger_mb) / 1000,
                at(passages, lambda one: one.snapshot_mb) / 1000,
                at(passages, lambda one: one.build_s),
                at(passages, lambda one: one.start_s),
                at(passages, lambda one: one.search_ms),
            ],
            rel=0.06,
            abs=0.5,
        )
