"""`xiansou jobs`: look at the queue, cancel, pause, resume."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rag.errors import Conflict, InputError, NotFound
from rag.runtime.console import PARTLY, WRONG, ConfigOption, JsonOption, emit, load_settings

jobs = typer.Typer(help="Look at the queue of writes, cancel, pause and resume it.", no_args_is_help=True)

_STATES = ("queued", "parsing", "embedding", "live", "failed", "dead")


@jobs.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help=f"One of {', '.join(_STATES)}.")] = None,
    batch: Annotated[str | None, typer.Option(help="Jobs of this upload or folder, and how far it is.")] = None,
    before: Annotated[int | None, typer.Option(min=1, help="Older jobs than this id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many.")] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List jobs, newest first."""
    from ingest.queue import Queue, batch_json, job_json
    from rag.wiring import open_ledger

    if state is not None and state not in _STATES:
        raise InputError(f"{state!r} is no state of a job.", field="--state", fix=f"Take one of {', '.join(_STATES)}.")
    queue = Queue(open_ledger(load_settings(config)).engine)
    whole = batch_json(queue.batch(batch)) if batch is not None else None
    jobs = queue.page(before=before, limit=limit, state=state, batch=batch)  # type: ignore[arg-type]  # checked above
    rows, paused = [job_json(job) for job in jobs], queue.paused()
    if as_json:
        more = jobs[-1].id if len(jobs) == limit else None
        emit({"jobs": rows, "next_before": more, "batch": whole, "paused": paused})
        return
    if paused:
        print("The queue is paused; `xiansou jobs resume` lets the workers go on.", file=sys.stderr)
    if whole is not None:
        counts = ", ".join(f"{count} {name}" for name, count in whole["states"].items())
        print(f"{whole['progress']:.0%} of {whole['total']} jobs of {whole['name']}: {counts}")
    for job in rows:
        why = f"\t{job['error']['code']}: {job['error']['detail']}" if job["error"] else ""
        print(f"{job['job_id']}\t{job['state']}\t{job['document_id']}\t{job['updated_at']}{why}")


@jobs.command("show")
def show_job(
    job_id: Annotated[int, typer.Argument(metavar="ID", min=1)], config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show a job: its state, how far it is, and why it failed."""
    from ingest.jobs import Jobs
    from ingest.queue import job_json
    from rag.wiring import open_ledger

    reply = job_json(Jobs(open_ledger(load_settings(config)).engine).get(job_id))
    if as_json:
        emit(reply)
        return
    for name, value in reply.items():
        if value is not None:
            print(f"{name:<14}{value['code'] + ': ' + value['detail'] if name == 'error' else value}")


@jobs.command("cancel")
def cancel_jobs(
    job_ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]…")] = None,
    batch: Annotated[str | None, typer.Option(help="All unfinished jobs of this upload or folder.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cancel jobs that have not ended; one that runs is given up before it writes."""
    from ingest.queue import Queue, job_json
    from rag.wiring import open_ledger

    if bool(job_ids) == bool(batch):
        raise InputError("give job ids or one batch.", field="ID", fix="Example: xiansou jobs cancel 17 18.")
    queue = Queue(open_ledger(load_settings(config)).engine)
    if batch is not None:
        count = queue.cancel_batch(batch)
        emit({"cancelled": count, "batch": batch}) if as_json else print(f"{count} jobs cancelled")
        return
    done, failed = [], []
    for job_id in job_ids or ():
        try:
            done.append(job_json(queue.cancel(job_id)))
        except (NotFound, Conflict) as exc:
            failed.append({"job_id": job_id, "error": str(exc)})
    if as_json:
        emit({"jobs": done, "failed": failed})
    for job in done if not as_json else ():
        print(f"{job['job_id']}: {'cancelled' if job['state'] == 'failed' else 'will be given up before it is written'}")
    for failure in failed:
        print(f"failed  {failure['error']}", file=sys.stderr)
    if failed:
        raise typer.Exit(PARTLY if done else WRONG)


@jobs.command()
def pause(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Let workers end what they hold and take nothing more; writes are still accepted and wait."""
    _steer(config, as_json, paused=True)


@jobs.command()
def resume(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Let workers go on."""
    _steer(config, as_json, paused=False)


def _steer(config: ConfigOption, as_json: bool, *, paused: bool) -> None:
    from ingest.jobs import Jobs
    from ingest.queue import Queue
    from rag.wiring import open_ledger

    engine = open_ledger(load_settings(config)).engine
    queue = Queue(engine)
    if paused:
        queue.pause()
    else:
        queue.resume()
    waiting = Jobs(engine).unfinished()
    if as_json:
        emit({"paused": paused, "unfinished": waiting})
    else:
        print(f"the queue is {'paused' if paused else 'running'}; {waiting} jobs have not ended")
