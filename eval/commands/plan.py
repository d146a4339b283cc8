"""`plan`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rag.runtime.console import JsonOption, emit


def plan(
    passages: Annotated[str, typer.Option(help="Passages of the library: 300k, 20M.")],
    qps: Annotated[float, typer.Option(help="Questions a second at the busiest time.")] = 1.0,
    cores: Annotated[int, typer.Option(min=1, help="Cores of a machine.")] = 16,
    memory: Annotated[float, typer.Option(min=4, help="GB of memory of a machine.")] = 64.0,
    engine: Annotated[str, typer.Option(help="`faiss` (in each process) or `pgvector` (in PostgreSQL).")] = "faiss",
    price_core: Annotated[float, typer.Option(min=0, help="Of a core and hour.")] = 0.03,
    price_memory: Annotated[float, typer.Option(min=0, help="Of a GB of memory and hour.")] = 0.004,
    price_disk: Annotated[float, typer.Option(min=0, help="Of a GB of disk and month.")] = 0.10,
    as_json: JsonOption = False,
) -> None:
    """Reckon machines, memory, disk and costs for a library of so many passages, stage by stage and why."""
    from eval.plan import Machine, Prices, number
    from eval.plan import plan as reckon

    estimate = reckon(number(passages), qps, Machine(cores, memory), Prices(price_core, price_memory, price_disk), engine)
    if as_json:
        emit(estimate)
        return
    _print(estimate)


def _print(estimate: dict[str, Any]) -> None:
    each = estimate["per_machine"]
    how = "computed" if estimate["computed"] else "between measured sizes"
    print(f"{estimate['passages']:,} passages, {estimate['qps']:g} questions a second ({how})")
    print(
        f"machines: {estimate['machines']} of {each['cores']} cores and {each['memory_gb']:g} GB, "
        f"`server.processes` = {each['processes']}"
    )
    for stage in estimate["stages"]:
        needs = ", ".join(f"{name} {value:,}" for name, value in stage["needs"].items())
        cost = f"{stage['cost_a_month']:,.2f} a month" if stage["cost_a_month"] else f"{stage['cost_once']:,.2f} once"
        print(f"{stage['stage']:<9}{needs}; {cost}\n         {stage['why']}")
    print(f"costs: {estimate['cost_a_month']:,} a month, {estimate['cost_once']:,.2f} once, at the prices given")
    for line in estimate["advice"]:
        print(f"- {line}")
