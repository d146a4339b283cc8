"""The library against a dictionary: two processes' worth of mirrors on one ledger, any order of writes, searches, restarts.

Every passage holds the word `common` and a word of its own, so the words' mirror can list the whole library, and a
passage's own vector must find it first.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

import rag.index.vectors as live_index
from ingest.pipeline import Pipeline
from ingest.reindex import reindex, rollback
from rag.domain import DocumentInput, Scope
from rag.errors import NotFound
from rag.fakes import HashEmbedder
from rag.index.engines.pgvector import PgVectors
from rag.index.mirror import Mirror
from rag.index.snapshot import Snapshots
from rag.index.vectors import LiveIndex
from rag.index.views import IndexView, IndexViews
from rag.record import generations, rebuild
from rag.record.erase import erase
from rag.record.schema import generations as generations_table
from rag.settings import Settings, load
from rag.wiring import Application, open_application
from tests.support.postgres import postgres

EVERYTHING = 10_000
_TRAINED_ABOVE = 70  # passages; FAISS wants one at least for each of the 64 lists


@dataclass(frozen=True)
class Doc:
    """What the model knows of a live document. `words`: its passages' own words."""

    version: int
    words: tuple[str, ...]
    color: str
    acl: tuple[str, ...]


Library = dict[str, Doc]


def embedder(name: str) -> HashEmbedder:
    made = HashEmbedder(int(name.removeprefix("hash-")))
    made.model_id = name
    return made


def told(folder: Path, model: str) -> Settings:
    """`database` in the folder: the URL of a PostgreSQL, which then is the index too."""
    values = {"data_dir": str(folder), "embedding.model": model, "answer.max_wrong_rate": 1.0}
    if (url := folder / "database").exists():
        values |= {"database.url": url.read_text(), "index.engine": "pgvector"}
    return load(env={}, overrides=values)


def open_small(folder: Path, model: str, **more: Any) -> Application:
    """A house whose index is trained from a few dozen passages on, in the thread that adds them."""
    application = open_application(told(folder, model), load=embedder, **more)
    snapshots = Snapshots(folder / "snapshots", application.ledger.engine)

    def open_view(generation: int) -> IndexView:
        view = application.open_view(generation)
        mirror = Mirror(
            application.ledger.engine, generation, view.embedder.dim, partial(_small_index, application, generation), snapshots
        )
        return replace(view, mirror=mirror)

    return replace(application, open_view=open_view, views=IndexViews(open_view(application.generation), open_view))


def _small_index(application: Application, generation: int, dim: int) -> LiveIndex | PgVectors:
    if application.settings.index.engine == "pgvector":
        engine = application.ledger.engine
        return PgVectors(engine, generation, dim, background=False, graph_from=_TRAINED_ABOVE, gather=3)
    return LiveIndex(dim, exact_below=_TRAINED_ABOVE, background=False)


IDS = st.sampled_from([f"doc{n}" for n in range(12)])
WORDS = st.lists(st.integers(0, 60).map(lambda n: f"w{n}"), min_size=1, max_size=16, unique=True).map(tuple)
COLORS = st.sampled_from(["red", "blue"])
ACLS = st.sampled_from([(), ("staff",), ("staff", "sales")])
SCOPES = st.builds(
    Scope,
    collection=st.sampled_from([None, "even", "odd"]),
    filters=st.sampled_from([{}, {"color": "red"}, {"color": ["blue", "green"]}]),
    groups=st.sampled_from([None, (), ("sales",)]),
)
WHO = st.integers(0, 1)


class LibraryMachine(RuleBasedStateMachine):
    """`live`: the documents; `history`: the library at each index version that can still be asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._constants = live_index._DELTA, live_index._MOVE
        live_index._DELTA, live_index._MOVE = 20, 7  # so that a small library also moves its delta
        self.folder = Path(tempfile.mkdtemp(prefix="xiansou-machine-"))
        self.place()
        self.model = "hash-32"
        self.applications = [open_small(self.folder, self.model) for _ in range(2)]
        self.live: Library = {}
        self.versions: dict[str, int] = {}
        self.history: dict[int, Library] = {0: {}}
        self.former: str | None = None

    def place(self) -> None:
        """Where the library is kept, if not in the folder."""

    def teardown(self) -> None:
        for application in self.applications:
            application.close()
        shutil.rmtree(self.folder)
        live_index._DELTA, live_index._MOVE = self._constants

    # -- writing -------------------------------------------------------------------------------------------------------

    @initialize(documents=st.sampled_from([12, 7, 3]))
    def fill(self, documents: int) -> None:
        """7 documents are just below the number of passages from which on the index is trained."""
        for n in range(documents):
            self.put(n % 2, f"doc{n}", tuple(f"w{(n * 7 + m) % 60}" for m in range(9)), "red", ())

    @rule(who=WHO, key=IDS, words=WORDS, color=COLORS, acl=ACLS)
    def put(self, who: int, key: str, words: tuple[str, ...], color: str, acl: tuple[str, ...]) -> None:
        application = self.applications[who]
        text = "\n\n".join(f"## part {word}\n\ncommon {word}" for word in words)
        doc = DocumentInput(
            key, text.encode(), "text/markdown", title="T", collection=_collection(key), metadata={"color": color}, acl=acl
        )
        result = Pipeline(application.ledger, application.views.writing, application.settings).put(doc)
        stands = self.live.get(key)
        if stands is not None and (stands.words, stands.color, stands.acl) == (words, color, acl):
            assert (result.state, result.version) == ("unchanged", stands.version)
            return
        version = self.versions.get(key, 0) + 1
        assert (result.state, result.version) == ("updated" if stands else "added", version)
        assert result.passages == len(words)
        self.versions[key] = version
        self.live = {**self.live, key: Doc(version, words, color, acl)}
        self._note(result.index_version)

    @rule(who=WHO, key=IDS)
    def delete(self, who: int, key: str) -> None:
        if key not in self.live:
            with pytest.raises(NotFound):
                self.applications[who].ledger.delete(key)
            return
        receipt = self.applications[who].ledger.delete(key)
        self._forget(key)
        self._note(receipt.index_version)

    @rule(who=WHO, key=IDS)
    def erase(self, who: int, key: str) -> None:
        """Also leaves the past."""
        engine = self.applications[who].ledger.engine
        if not any(key in library for library in (self.live, *self.history.values())):
            return
        receipt = erase(engine, self.folder, key)
        self._forget(key)
        self.history = {at: {k: doc for k, doc in past.items() if k != key} for at, past in self.history.items()}
        self._note(receipt.index_version)

    def _forget(self, key: str) -> None:
        self.live = {k: doc for k, doc in self.live.items() if k != key}

    def _note(self, version: int) -> None:
        assert version == self.applications[0].ledger.head() > max(self.history)
        self.history[version] = self.live

    # -- generations, restarts, maintenance ----------------------------------------------------------------------------

    @rule(model=st.sampled_from(["hash-32", "hash-48"]), force=st.booleans())
    def reindex(self, model: str, force: bool) -> None:
        builder = open_small(self.folder, model, rebuilding=True)
        self._lose(builder)
        outcome = reindex(builder, lambda *_: [], force=force)
        builder.close()
        if model == self.model and not force:
            assert outcome.state == "unchanged"
            return
        assert (outcome.state, outcome.failed) == ("swapped", [])
        self.former, self.model = self.model, model
        self._note(outcome.index_version)

    def _lose(self, builder: Application) -> None:
        """A re-index begins by removing failed generations: what only they could show of the past is gone."""
        engine = builder.ledger.engine
        with engine.connect() as conn:
            query = select(generations_table.c.id).where(generations_table.c.state == "failed")
            failed = set(conn.scalars(query))
        self.history = {at: was for at, was in self.history.items() if generations.generation_at(engine, at) not in failed}

    @precondition(lambda self: self.former is not None)
    @rule()
    def rollback(self) -> None:
        assert self.former is not None
        builder = open_small(self.folder, self.former, rebuilding=True)
        if rebuild.former(builder.ledger.engine) is None:
            builder.close()
            return
        outcome = rollback(builder)
        builder.close()
        assert outcome.state == "swapped"
        self.former, self.model = self.model, self.former
        self._note(outcome.index_version)

    @rule(who=WHO)
    def restart(self, who: int) -> None:
        self.applications[who].close()
        self.applications[who] = open_small(self.folder, self.model)

    @rule(who=WHO)
    def snapshot(self, who: int) -> None:
        assert self.applications[who].views.live().mirror.snapshot()

    @rule(who=WHO)
    def train(self, who: int) -> None:
        index = self.applications[who].views.live().mirror.index
        if isinstance(index, PgVectors):
            index.maintain()
        elif len(index) > _TRAINED_ABOVE:
            index._train()
            index._move()

    # -- searching -----------------------------------------------------------------------------------------------------

    @rule(who=WHO, scope=SCOPES)
    def search(self, who: int, scope: Scope) -> None:
        application = self.applications[who]
        mirror = application.views.live().mirror
        vector = application.embedder.embed_queries(["common"])[0]
        found = mirror.search(vector, ["common"], EVERYTHING, scope)
        passages = application.ledger.passages_at(found.ids.tolist(), found.version)
        assert found.version == application.ledger.head()
        assert set(passages) == set(found.ids.tolist())  # a mirror never names a passage that is not live
        assert _told(passages) == _expected(self.live, scope)

    @rule(who=WHO, data=st.data())
    def find_by_word_and_by_vector(self, who: int, data: st.DataObject) -> None:
        application, word = self.applications[who], data.draw(st.integers(0, 60).map(lambda n: f"w{n}"))
        mirror = application.views.live().mirror
        vector = application.embedder.embed_passages([f"T › part {word}\ncommon {word}"])[0]
        holders = {(key, doc.version, word) for key, doc in self.live.items() if word in doc.words}
        by_word, _ = mirror._lexical.search([word], EVERYTHING)
        assert _told(application.ledger.passages_at(by_word.tolist(), mirror.version)) == holders
        ids, cosines = mirror._index.search(vector, max(1, len(holders)))
        first = ids[cosines > 1 - 1e-5].tolist()
        assert _told(application.ledger.passages_at(first, mirror.version)) == holders

    @rule(who=WHO, scope=SCOPES, data=st.data())
    def search_the_past(self, who: int, scope: Scope, data: st.DataObject) -> None:
        application = self.applications[who]
        version = data.draw(st.sampled_from(sorted(self.history)))
        view = application.views.at(version)
        vector = view.embedder.embed_queries(["common"])[0]
        found = view.mirror.search(vector, ["common"], EVERYTHING, scope)
        assert found.version == version
        assert _told(application.ledger.passages_at(found.ids.tolist(), version)) == _expected(self.history[version], scope)

    @invariant()
    def the_record_agrees(self) -> None:
        ledger = self.applications[0].ledger
        assert {doc.id: doc.version for doc in ledger.page(limit=100)} == {key: doc.version for key, doc in self.live.items()}
        assert ledger.counts()["passages"] == sum(len(doc.words) for doc in self.live.values())


def _collection(key: str) -> str:
    return "even" if int(key.removeprefix("doc")) % 2 == 0 else "odd"


def _told(passages: dict[int, Any]) -> set[tuple[str, int, str]]:
    """(document, version, own word) of each passage; a list of them may hold none twice."""
    listed = [(p.document_id, p.version, p.text.split()[-1]) for p in passages.values()]
    assert len(listed) == len(set(listed))
    return set(listed)


def _expected(library: Library, scope: Scope) -> set[tuple[str, int, str]]:
    colors = scope.filters.get("color", ["red", "blue"])
    return {
        (key, doc.version, word)
        for key, doc in library.items()
        for word in doc.words
        if scope.collection in (None, _collection(key))
        and doc.color in colors
        and (scope.groups is None or not doc.acl or set(doc.acl) & set(scope.groups))
    }


def test_a_generation_that_was_removed_does_not_come_back_under_its_number():
    """A process that slept through its removal would hold passages that are gone, and answer nothing. Found by the machine."""
    machine = LibraryMachine()
    try:
        machine.fill(7)
        machine.search(1, Scope())
        machine.reindex("hash-48", False)
        machine.reindex("hash-48", True)  # the first generation is not needed any more
        machine.reindex("hash-32", False)  # removes it, and builds one of the same fingerprint
        machine.search(1, Scope())
        machine.restart(1)
        machine.search(1, Scope())
    finally:
        machine.teardown()


def test_the_library_agrees_with_a_dictionary():
    run_state_machine_as_test(LibraryMachine, settings=_profile(10, 40))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_library_agrees_with_a_dictionary_for_ten_thousand_steps():
    run_state_machine_as_test(LibraryMachine, settings=_profile(100, 100))


def machine_on(database: Callable[[], str]) -> type[LibraryMachine]:
    """The same machine over PostgreSQL, where the record is the index."""

    class OnPostgres(LibraryMachine):
        def place(self) -> None:
            (self.folder / "database").write_text(database())

    return OnPostgres


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_library_agrees_with_a_dictionary_in_postgres():
    with postgres() as database:
        run_state_machine_as_test(machine_on(database), settings=_profile(4, 25))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_the_library_agrees_with_a_dictionary_for_ten_thousand_steps_in_postgres():
    with postgres() as database:
        run_state_machine_as_test(machine_on(database), settings=_profile(100, 100))


def _profile(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # a failing example of such steps takes minutes to shrink, and is short enough
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
