"""A library moves between real ledgers, SQLite and PostgreSQL, while it is used: nothing acknowledged is lost."""

# ruff: noqa: F811
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

import rag
from ingest.jobs import Jobs
from rag.domain import Chunk, DocumentInput, Question
from rag.errors import ConfigError, Conflict, InputError, UpstreamError
from rag.fakes import HashEmbedder
from rag.record import migrate as moving
from rag.record.damage import explained
from rag.record.engine import writing
from rag.record.erase import erase
from rag.record.ledger import Ledger
from rag.record.migrate import migrate, same
from rag.record.rows import PreparedDocument
from rag.record.schema import changes, documents, meta, passages, vectors
from rag.record.seal import unseal
from rag.record.tables_copy import sums_of
from rag.settings import load
from rag.wiring import Application, open_application
from tests.contracts.test_ledger_postgres import server  # noqa: F401
from xiansou import cli

pytestmark = pytest.mark.slow

EMBEDDER = HashEmbedder()


def quiet(_what: str, _done: int, _total: int) -> None:
    pass


def put(application: Application, name: str, body: str) -> int:
    vectors_ = EMBEDDER.embed_passages([body])
    doc = DocumentInput(name, body.encode(), metadata={"n": len(body)}, acl=("staff",) if name == "d3" else ())
    prepared = PreparedDocument(doc, name, body, [Chunk(0, len(body), body)], vectors_)
    return application.ledger.put(prepared, application.generation).index_version


@pytest.fixture(params=["to PostgreSQL", "to SQLite"])
def urls(request: pytest.FixtureRequest, server: Callable[[], str], tmp_path: Path) -> tuple[str, str]:
    """(source, target)"""
    both = f"sqlite:///{tmp_path}/here/ledger.db", server()
    return both if request.param == "to PostgreSQL" else (both[1], f"sqlite:///{tmp_path}/there.db")


@pytest.fixture
def source(urls: tuple[str, str], tmp_path: Path) -> Iterator[Application]:
    settings = load(env={}, overrides={"data_dir": str(tmp_path / "here"), "database.url": urls[0]})
    opened = open_application(settings, embedder=EMBEDDER)
    for n in range(12):
        put(opened, f"d{n}", f"The lighthouse number {n} has a red lamp. 第 {n} 盏灯是红色的。")
    put(opened, "d1", "The lighthouse number 1 was painted white.")
    opened.ledger.delete("d2")
    erase(opened.ledger.engine, tmp_path / "here", "d4")
    Jobs(opened.ledger.engine).submit(DocumentInput("queued", b"waits for its worker"))
    yield opened
    opened.close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def sums(ledger: Ledger) -> dict[str, Any]:
    with ledger.engine.connect() as conn:
        return {name: (one.rows, one.digest) for name, one in sums_of(conn).items()}


def at(url: str, tmp_path: Path) -> Application:
    return open_application(load(env={}, overrides={"data_dir": str(tmp_path / "new"), "database.url": url}), embedder=EMBEDDER)


def test_every_row_goes_over_and_the_library_answers_and_goes_on_there(
    source: Application, urls: tuple[str, str], tmp_path: Path, lock: Path
) -> None:
    before, version = sums(source.ledger), source.ledger.head()
    hits = [hit.passage.id for hit in source.answerer.retrieve(Question("red lamp number 7")).hits]
    with source.ledger.engine.connect() as conn:
        highest = max(conn.scalars(select(passages.c.id)).all())
    told = migrate(source.ledger.engine, urls[1], quiet, lock)
    assert told.index_version == version
    there = at(urls[1], tmp_path)
    assert sums(there.ledger) == before
    assert told.rows == {name: rows for name, (rows, _) in before.items()}
    assert [hit.passage.id for hit in there.answerer.retrieve(Question("red lamp number 7")).hits] == hits
    assert put(there, "new", "a new one") == version + 1
    with there.ledger.engine.connect() as conn:
        assert max(conn.scalars(select(passages.c.id)).all()) > highest
        epochs = conn.scalar(select(meta.c.value).where(meta.c.key == "epoch"))
    with source.ledger.engine.connect() as conn:
        assert conn.scalar(select(meta.c.value).where(meta.c.key == "epoch")) != epochs  # no snapshot serves both
    assert Jobs(there.ledger.engine).get(1).state == "queued"
    there.close()


def test_ids_of_what_was_removed_last_are_not_given_again(
    source: Application, urls: tuple[str, str], tmp_path: Path, lock: Path
) -> None:
    put(source, "last", "the last one")
    with source.ledger.engine.connect() as conn:
        highest = max(conn.scalars(select(passages.c.id)).all())
    erase(source.ledger.engine, tmp_path / "here", "last")
    migrate(source.ledger.engine, urls[1], quiet, lock)
    there = at(urls[1], tmp_path)
    put(there, "next", "the next one")
    with there.ledger.engine.connect() as conn:
        assert max(conn.scalars(select(passages.c.id)).all()) == highest + 1
    there.close()


def test_the_original_answers_and_takes_no_documents_until_it_is_reopened(
    source: Application, urls: tuple[str, str], lock: Path
) -> None:
    migrate(source.ledger.engine, urls[1], quiet, lock)
    assert source.answerer.retrieve(Question("red lamp number 7")).hits
    for change in (lambda: put(source, "d1", "again"), lambda: source.ledger.delete("d5")):
        with pytest.raises(DBAPIError) as caught:
            change()
        told = explained(caught.value)
        assert told is not None and told.code == "ledger_unavailable" and "moved" in told.detail and "--reopen" in str(told.fix)
    with pytest.raises(UpstreamError, match="moved"):
        Jobs(source.ledger.engine).submit(DocumentInput("x", b"y"))
    unseal(source.ledger.engine)
    unseal(source.ledger.engine)
    put(source, "d1", "again")
    Jobs(source.ledger.engine).submit(DocumentInput("x", b"y"))


def test_writes_that_were_acknowledged_meanwhile_are_there(
    source: Application, urls: tuple[str, str], tmp_path: Path, lock: Path
) -> None:
    acknowledged: dict[str, int] = {}
    refused: list[str] = []
    read: list[bool] = []
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            try:
                acknowledged[f"busy{n % 40}"] = put(source, f"busy{n % 40}", f"edit {n} of a busy writer")
                if n % 9 == 0:
                    erase(source.ledger.engine, tmp_path / "here", f"busy{n % 40}")
                    del acknowledged[f"busy{n % 40}"]
            except DBAPIError as exc:
                told = explained(exc)
                refused.append(told.detail if told else str(exc))
                time.sleep(0.01)

    def ask() -> None:
        while not stop.is_set():
            read.append(bool(source.answerer.retrieve(Question("red lamp number 7")).hits))

    threads = [threading.Thread(target=write), threading.Thread(target=ask)]
    for one in threads:
        one.start()
    time.sleep(0.5)
    told = migrate(source.ledger.engine, urls[1], quiet, lock)
    time.sleep(0.3)
    stop.set()
    for one in threads:
        one.join()
    assert acknowledged and refused and all("moved" in one for one in refused)
    assert read and all(read)
    there = at(urls[1], tmp_path)
    assert there.ledger.head() == source.ledger.head() == told.index_version
    assert sums(there.ledger) == sums(source.ledger)
    with there.ledger.engine.connect() as conn:
        found = dict(conn.execute(select(documents.c.id, documents.c.index_version)).tuples().all())
    assert {name: found[name] for name in acknowledged} == acknowledged
    there.close()


def test_an_interrupted_copy_is_no_ledger_and_the_next_run_goes_on(
    source: Application, urls: tuple[str, str], tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(what: str, done: int, total: int) -> None:
        if done > total // 2:
            raise Killed

    with pytest.raises(Killed):
        migrate(source.ledger.engine, urls[1], kill, lock)
    with pytest.raises(ConfigError, match="not whole") as caught:
        at(urls[1], tmp_path)
    assert caught.value.code == "migration_unfinished"
    put(source, "d1", "written between two runs")  # not sealed yet
    source.ledger.delete("d6")
    erase(source.ledger.engine, tmp_path / "here", "d7")
    told = migrate(source.ledger.engine, urls[1], quiet, lock)
    there = at(urls[1], tmp_path)
    assert sums(there.ledger) == sums(source.ledger)
    assert 0 < told.copied < sum(told.rows.values())
    assert told.removed
    there.close()


def test_a_run_after_the_service_has_stopped_takes_the_rest(
    source: Application, urls: tuple[str, str], tmp_path: Path, lock: Path
) -> None:
    migrate(source.ledger.engine, urls[1], quiet, lock)
    from rag.record.audit import by_hand

    by_hand(source.ledger.engine, "backup", "elsewhere")  # as answers and feedback: not refused
    told = migrate(source.ledger.engine, urls[1], quiet, lock)
    assert 1 <= told.copied <= 3  # and the chain's newest hash
    there = at(urls[1], tmp_path)
    assert sums(there.ledger) == sums(source.ledger)
    put(there, "new", "in use now")
    there.close()
    with pytest.raises(Conflict, match="written to since"):
        migrate(source.ledger.engine, urls[1], quiet, lock)
    there = at(urls[1], tmp_path)  # and is a ledger still
    assert there.ledger.head() == source.ledger.head() + 1
    there.close()


def test_a_copy_that_differs_is_never_called_whole(
    source: Application, urls: tuple[str, str], tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = moving._number

    def meddle(origin: Any, target: Any) -> None:
        number(origin, target)
        with writing(target) as conn:
            conn.execute(vectors.update().values(vector=b"\0\0\x80\x3f"))

    monkeypatch.setattr(moving, "_number", meddle)
    with pytest.raises(UpstreamError, match="differs from the original in vectors"):
        migrate(source.ledger.engine, urls[1], quiet, lock)
    with pytest.raises(ConfigError, match="not whole"):
        at(urls[1], tmp_path)
    monkeypatch.undo()
    migrate(source.ledger.engine, urls[1], quiet, lock)
    there = at(urls[1], tmp_path)
    assert sums(there.ledger) == sums(source.ledger)
    there.close()


def test_a_database_that_holds_something_is_left_alone(
    source: Application, urls: tuple[str, str], tmp_path: Path, lock: Path
) -> None:
    other = at(urls[1], tmp_path)
    put(other, "theirs", "of another library")
    before = sums(other.ledger)
    with pytest.raises(Conflict, match="holds a library already"):
        migrate(source.ledger.engine, urls[1], quiet, lock)
    assert sums(other.ledger) == before
    other.close()
    put(source, "still", "open")
    assert same(source.ledger.engine, urls[0]) and not same(source.ledger.engine, urls[1])


def test_a_character_that_postgresql_cannot_hold_names_its_row(tmp_path: Path, server: Callable[[], str], lock: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path}/ledger.db")
    with writing(ledger.engine) as conn:
        conn.execute(insert(changes).values(kind="put", document_id="odd\0id", version=1, at=0.0))
    with pytest.raises(InputError, match=r"`changes` \(1\) holds the character U\+0000"):
        migrate(ledger.engine, server(), quiet, lock)
    ledger.close()


def test_a_server_that_is_away_is_one_line(tmp_path: Path, lock: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path}/ledger.db")
    with pytest.raises(UpstreamError, match="does not answer") as caught:
        migrate(ledger.engine, "postgresql://nobody@127.0.0.1:9/x", quiet, lock)
    assert caught.value.field == "--to"
    ledger.close()


def test_the_command_killed_and_run_again(tmp_path: Path, server: Callable[[], str]) -> None:
    url, home = server(), tmp_path / "here"
    application = open_application(load(env={}, overrides={"data_dir": str(home)}), embedder=EMBEDDER)
    for n in range(300):
        put(application, f"d{n}", f"page {n}: the kettle has {n} settings")
    application.close()
    environment = os.environ | {"XIANSOU__DATA_DIR": str(home), "PYTHONPATH": str(Path(rag.__file__).parent.parent)}
    command = [sys.executable, "-c", "import xiansou; xiansou.main()", "migrate", "--to", url]
    outcomes = []
    for pause in (0.0, 0.05, 0.2):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as run:
            assert run.stdout is not None and b"pass 1" in run.stdout.readline()
            time.sleep(pause)
            run.send_signal(signal.SIGKILL)
            outcomes.append(run.wait())
    assert -signal.SIGKILL in outcomes
    done = subprocess.run([*command, "--json"], env=environment, capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr.decode()
    told = orjson.loads(done.stdout)
    assert told["rows"]["documents"] == 300 and told["sealed"] and len(told["next"]) == 3
    there = at(url, tmp_path)
    with there.ledger.engine.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM passages")) == 300
    there.close()


def test_wrong_usage_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANSOU__DATA_DIR", str(tmp_path))
    Ledger.open(f"sqlite:///{tmp_path}/ledger.db").close()
    for arguments, said in (
        (["migrate"], "where to"),
        (["migrate", "--to", "elsewhere"], "no database URL"),
        (["migrate", "--to", f"sqlite:///{tmp_path}/ledger.db"], "ledger itself"),
    ):
        result = CliRunner().invoke(cli, arguments)
        assert said in str(result.exception), result.output
    assert CliRunner().invoke(cli, ["migrate", "--reopen", "--json"]).stdout.strip() == '{"reopened":true}'
