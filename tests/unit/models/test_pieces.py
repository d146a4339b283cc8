"""The tokenizer that looks up only the pieces that a text has: the same tokens as the whole one's, to the last."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from rag.models.pieces import Pieces, beside, keep_pieces, open_pieces

WORDS = [
    "▁",
    "▁the",
    "▁do",
    "or",
    "bell",
    "▁door",
    "doorbell",
    "▁w",
    "in",
    "ter",
    "门",
    "铃",
    "门铃",
    "保",
    "修",
    "é",
    "s",
    "▁a",
    "ab",
    "b",
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Unigram tokenizer like those of multilingual models: special tokens first and last, NFKC, `▁` for a space."""
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary += [(word, -2.0 - 0.37 * at) for at, word in enumerate(WORDS)] + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", None, [("<s>", 0), ("</s>", 2)])
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="module")
def both(file: Path) -> tuple[Tokenizer, Pieces]:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert open_pieces(file, digest) is None
    keep_pieces(file, digest)
    pieces = open_pieces(file, digest)
    assert pieces is not None
    return Tokenizer.from_file(str(file)), pieces


@given(st.text(st.sampled_from([*"the doorbell winter 门铃保修éｅ①🙂\n\u200b"]), max_size=40), st.booleans())
@examples(max_examples=300, deadline=None)
def test_ids_are_the_whole_tokenizers(both: tuple[Tokenizer, Pieces], text: str, special: bool) -> None:
    whole, pieces = both
    found = pieces.encode([text, "the doorbell"], special=special)
    assert found is not None
    right = whole.encode_batch_fast([text, "the doorbell"], add_special_tokens=special)
    assert [one.ids for one in found] == [one.ids for one in right]
    assert [len(one) for one in found] == [len(one) for one in right]


def test_long_texts_and_special_tokens_want_all_pieces(both: tuple[Tokenizer, Pieces]) -> None:
    _, pieces = both
    assert pieces.encode(["the door " * 300], special=True) is None
    assert pieces.encode(["a <mask> b"], special=True) is None


def test_the_file_belongs_to_one_tokenizer_and_a_damaged_one_is_none(both: object, file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert open_pieces(file, "0" * 64) is None
    kept = beside(file, digest)
    content = kept.read_bytes()
    kept.write_bytes(b"nothing" + content[7:])
    assert open_pieces(file, digest) is None
    kept.write_bytes(content)
    assert open_pieces(file, digest) is not None


def test_other_kinds_of_tokenizers_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>")).save(str(path))
    keep_pieces(path, "1" * 64)
    assert list(tmp_path.iterdir()) == [path]
