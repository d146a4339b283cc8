"""What the retriever does with words that the documents do not use, with twins, with fields, and how it explains itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.domain import Scope
from rag.errors import ConfigError
from rag.fakes import HashEmbedder
from rag.search.retrieve import Retriever
from rag.search.synonyms import load_synonyms
from rag.settings import load
from rag.wiring import open_application


def ids(found):
    return [hit.passage.document_id for hit in found.hits]


@pytest.fixture
def application(settings):
    """With vectors as wide as the model's: in fewer dimensions unlike texts are near each other by chance."""
    opened = open_application(settings, load=lambda _: HashEmbedder(384))
    yield opened
    opened.close()


@pytest.fixture
def retriever(application):
    return Retriever(application.ledger, application.views, candidates=50)


def test_a_slip_of_the_keys_finds_the_word(put, retriever):
    put("wifi", "Reset the router password in the panel.")
    put("bill", "Invoices are sent every month.")
    found = retriever.retrieve("my passwrod", Scope(), 5, explain=True)
    assert ids(found)[0] == "wifi"
    assert found.explanation["also"] == {"passwrod": ["password"]}
    assert found.hits[0].stages["coverage"] == 1.0


def test_codes_are_never_respelled(put, retriever):
    put("e1", "Error E4012 means low voltage.")
    assert retriever.retrieve("E4013", Scope(), 5, explain=True).explanation["also"] == {}


def test_synonyms_of_a_file_are_searched_both_ways_and_one_way(put, application, tmp_path: Path):
    file = tmp_path / "synonyms.txt"
    file.write_text("# ours\nrefund, money back\nCP => control panel\n", encoding="utf-8")
    put("money", "Refunds take five days.")
    put("panel", "Open the control panel.")
    put("other", "Nothing of the kind.")
    retriever = Retriever(application.ledger, application.views, candidates=50, synonyms=load_synonyms(str(file)))
    assert ids(retriever.retrieve("get my money back", Scope(), 3))[0] == "money"
    assert ids(retriever.retrieve("where is the CP", Scope(), 3))[0] == "panel"


def test_a_bad_line_of_synonyms_is_named(tmp_path: Path):
    file = tmp_path / "synonyms.txt"
    file.write_text("alone\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="alone"):
        load_synonyms(str(file))
    with pytest.raises(ConfigError, match="cannot read"):
        load_synonyms(str(tmp_path / "nothing"))


def test_a_twin_takes_no_place_and_is_explained(put, retriever):
    text = "Hold the reset button of the camera for five seconds until the light turns blue."
    put("a", text, title="Reset")
    put("b", text, title="Reset")
    put("c", text.replace("five", "9"), title="Reset")  # another number says something else
    put("d", "The reset of the app is in its settings.")
    put("e", f"{text} ", title="Another law")
    found = retriever.retrieve("reset button camera", Scope(), 4, explain=True)
    assert sorted(ids(found)) in (["a", "c", "d", "e"], ["b", "c", "d", "e"])
    assert [reason for _, reason in found.dropped if reason.startswith("says the same")]
    assert set(ids(retriever.retrieve("reset button camera", Scope(), 10))) == {"a", "b", "c", "d", "e"}  # rather than nothing
    scores = [hit.score for hit in retriever.retrieve("reset button camera", Scope(), 10).hits]
    assert scores == sorted(scores, reverse=True)


def test_the_product_that_a_question_names_comes_forward(put, retriever):
    text = "Charge the battery for three hours before the first use"
    put("c2", f"{text} outdoors.", metadata={"product": "C2"})
    put("d3", f"{text} outdoors!", metadata={"product": "D3"})
    for product in ("C2", "D3"):
        found = retriever.retrieve(f"how long to charge the battery of my {product}", Scope(), 2, explain=True)
        assert ids(found)[0] == product.lower()
        assert found.explanation["wishes"] == {"product": [product.lower()]}


def test_a_dictionary_is_part_of_the_fingerprint(settings, tmp_path: Path):
    names = tmp_path / "names.txt"
    names.write_text("雀云存\n", encoding="utf-8")
    application = open_application(settings, load=lambda _: HashEmbedder())
    application.close()
    told = {"data_dir": str(settings.data_dir), "retrieval.dictionary": str(names)}
    with pytest.raises(ConfigError, match="names"):
        open_application(load(env={}, overrides=told), load=lambda _: HashEmbedder())


def test_a_cross_encoder_needs_its_weights(settings, tmp_path: Path):
    told = {"data_dir": str(tmp_path / "d"), "retrieval.reranker": "cross-encoder"}
    with pytest.raises(ConfigError, match="reranker_model"):
        load(env={}, overrides=told)
    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        open_application(
            load(env={}, overrides=told | {"retrieval.reranker_model": str(tmp_path / "no")}), load=lambda _: HashEmbedder()
        )
    assert caught.value.field == "retrieval.reranker_model"


def test_the_best_of_a_long_document_is_as_sure_as_when_everything_is_read(put, retriever):
    put("manual", *(f"Reset the router password in panel {number}, page {number * 7}." for number in range(20)))
    put("bill", "Invoices are sent every month.")
    plain, explained = (retriever.retrieve("reset the router password", Scope(), 3, explain=told) for told in (False, True))
    ahead = [hit.passage.document_id for hit in explained.hits] + [hit.passage.document_id for hit, _ in explained.dropped[:12]]
    assert set(ahead) == {"manual"}  # the other document comes far behind
    assert [hit.probability for hit in plain.hits] == [hit.probability for hit in explained.hits]
