"""The default model, really prepared, by both embedders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ConfigError
from rag.models import manifest
from rag.models.embed import load
from rag.models.onnx import OnnxEmbedder
from rag.models.prepare import DEFAULT
from rag.models.sentence_transformer import SentenceTransformerEmbedder

pytestmark = pytest.mark.slow

PASSAGES = [
    "退款将在收到退货后的 5 至 10 个工作日内原路退回。运费不予退还，商品在运输途中损坏的除外。",
    "要更换收货地址，请在订单发货前打开“我的订单”，点击“修改地址”并确认新的地址。",
    "路由器指示灯持续闪烁红色表示没有连接到互联网，请检查光猫的电源和网线是否插好。",
    "会员可以随时取消自动续费：进入账户设置，选择“订阅管理”，再点击“取消续费”。",
    "发票在付款成功后自动开具，可在“费用中心”下载 PDF 或申请寄送纸质发票。",
    "Refunds are paid back to the original payment method within 5–10 business days after we receive the item.",
    "You can change the delivery address until the order has shipped: open Orders, choose Edit address, and confirm.",
    "A red blinking light means the router has no internet connection; check the cable between it and the modem.",
    "Members may cancel automatic renewal at any time under Account settings, Subscriptions, Cancel renewal.",
    "Invoices are issued after payment and can be downloaded as a PDF in the billing centre.",
    "```\nxiansou ingest ./docs --delete-missing\n```",
    "| 型号 | 功率 | 保修期 |\n| --- | --- | --- |\n| X-200 | 1500 W | 24 个月 |",
    "长期不使用设备时，应每三个月充放电一次，存放于 0–35 ℃ 的干燥环境。" * 8,
    "Error E-1042 is shown when the certificate has expired. " * 25,
]
QUERIES = ["退货以后钱多久能到账？", "我想换个地方收快递", "路由器一直闪红灯怎么办", "怎么关掉自动扣费", "电子发票在哪里下载",
           "how long until I get my money back", "send my parcel somewhere else", "the light on my router blinks red",
           "stop paying for membership", "where do I get an invoice"]  # fmt: skip


@pytest.fixture(scope="module")
def embedder(model_folder: Path) -> OnnxEmbedder:
    loaded = load(DEFAULT, model_folder, threads=2)
    assert isinstance(loaded, OnnxEmbedder)
    return loaded


@pytest.fixture(scope="module")
def reference(model_folder: Path) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(model_folder / DEFAULT, name=DEFAULT)


# -- the int8 encoder --------------------------------------------------------------------------------------------------


def test_it_agrees_with_the_float_model(embedder: OnnxEmbedder, reference: SentenceTransformerEmbedder) -> None:
    ours = np.concatenate([embedder.embed_queries(QUERIES), embedder.embed_passages(PASSAGES)])
    theirs = np.concatenate([reference.embed_queries(QUERIES), reference.embed_passages(PASSAGES)])
    cosines = (ours * theirs).sum(axis=1)
    assert cosines.mean() > 0.998
    assert cosines.min() > 0.996


def test_a_question_finds_its_passage_in_its_language(embedder: OnnxEmbedder) -> None:
    found = (embedder.embed_queries(QUERIES) @ embedder.embed_passages(PASSAGES[:10]).T).argmax(axis=1)
    assert found.tolist() == list(range(10))


def test_rows_are_float32_of_norm_one(embedder: OnnxEmbedder) -> None:
    vectors = embedder.embed_passages(PASSAGES)
    assert vectors.shape == (len(PASSAGES), 384) == (len(PASSAGES), embedder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_is_the_same_alone_among_others_and_in_any_order(embedder: OnnxEmbedder) -> None:
    among = embedder.embed_passages(PASSAGES)
    np.testing.assert_array_equal(embedder.embed_passages(PASSAGES[::-1])[::-1], among)
    np.testing.assert_array_equal(np.concatenate([embedder.embed_passages([text]) for text in PASSAGES]), among)


def test_equal_texts_share_a_vector(embedder: OnnxEmbedder) -> None:
    a, b, again = embedder.embed_passages([PASSAGES[0], PASSAGES[1], PASSAGES[0]])
    np.testing.assert_array_equal(a, again)
    assert a @ b < 0.99


def test_queries_and_passages_have_different_prompts(embedder: OnnxEmbedder) -> None:
    assert embedder.embed_queries(QUERIES[:1])[0] @ embedder.embed_passages(QUERIES[:1])[0] < 0.999


def test_nothing_gives_nothing(embedder: OnnxEmbedder) -> None:
    assert embedder.embed_passages([]).shape == (0, 384)
    assert embedder.embed_queries([]).shape == (0, 384)
    assert embedder.count_tokens([]) == []
    assert embedder.token_vectors([]) == []


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00", "\ud800", "a\udfffb", "\u200b\u200d", "🙂" * 3, "\x1b[31m红"])
def test_odd_texts_have_a_finite_vector(embedder: OnnxEmbedder, text: str) -> None:
    for vectors in (embedder.embed_queries([text]), embedder.embed_passages([text])):
        assert np.isfinite(vectors).all()
        np.testing.assert_allclose(np.linalg.norm(vectors), 1, atol=1e-5)
    assert embedder.count_tokens([text])[0] >= 0


def test_a_long_text_is_read_up_to_512_tokens_with_the_prompt(
    embedder: OnnxEmbedder, reference: SentenceTransformerEmbedder
) -> None:
    assert embedder.max_tokens == 512
    words = [f"word{number}" for number in range(2000)]
    long = " ".join(words)
    ours, changed_late, theirs = (
        embedder.embed_passages([long])[0],
        embedder.embed_passages([" ".join(words[:600]) + " other end"])[0],
        reference.embed_passages([long])[0],
    )
    np.testing.assert_array_equal(ours, changed_late)
    assert ours @ theirs > 0.996
    assert (embedder.embed_passages(["长" * 300_000]) @ embedder.embed_passages(["长" * 2_000]).T).item() > 0.9999


def test_tokens_are_counted_without_prompt_and_special_tokens(embedder: OnnxEmbedder) -> None:
    assert embedder.count_tokens(["", "hello", "你好世界"]) == [0, 2, 3]
    many = [f"第 {number} 段" + "内容" * (number % 7) for number in range(1000)]
    counts = embedder.count_tokens(many)
    assert counts == [embedder.count_tokens([text])[0] for text in many[:50]] + counts[50:]
    assert embedder.count_tokens(["word" + " word" * 4999]) == [5000]


def test_token_vectors_are_those_of_the_texts_own_tokens(embedder: OnnxEmbedder) -> None:
    texts = [QUERIES[0], QUERIES[5], "word " * 5000]
    rows = embedder.token_vectors(texts)
    assert [len(vectors) for vectors in rows[:2]] == embedder.count_tokens(texts[:2])
    prompt = embedder.count_tokens(["passage:"])[0]
    assert rows[2].shape == (512 - 2 - prompt, 384)
    # Their mean is all but the text's vector; only the prompt and the special tokens are missing in it.
    mean = rows[0].mean(axis=0)
    assert (mean / np.linalg.norm(mean)) @ embedder.embed_passages(texts[:1])[0] > 0.98
    assert not np.array_equal(rows[0], embedder.token_vectors(texts[:1], queries=True)[0])


def test_many_threads_get_the_vectors_of_their_own_texts(embedder: OnnxEmbedder) -> None:
    passages, queries = embedder.embed_passages(PASSAGES), embedder.embed_queries(QUERIES)

    def ask(number: int) -> bool:
        some = [(number * step) % len(PASSAGES) for step in range(3)]
        one = number % len(QUERIES)
        return (
            np.array_equal(embedder.embed_passages([PASSAGES[row] for row in some]), passages[some])
            and np.array_equal(embedder.embed_queries([QUERIES[one]])[0], queries[one])
            and embedder.count_tokens([PASSAGES[0]]) == embedder.count_tokens([PASSAGES[0]])
        )

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(36)))


def test_it_needs_no_torch(model_folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from rag.models.embed import load\n"
        f"assert load({DEFAULT!r}, Path(sys.argv[1])).embed_queries(['hello']).shape == (1, 384)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx', 'huggingface_hub'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    before = dict(os.environ)
    done = subprocess.run([sys.executable, "-c", script, str(model_folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert dict(os.environ) == before


# -- the manifest ------------------------------------------------------------------------------------------------------


def test_its_identity_is_the_hash_of_the_encoder(embedder: OnnxEmbedder, model_folder: Path) -> None:
    made = manifest.read(model_folder / DEFAULT)
    assert made is not None
    assert embedder.model_id == f"{DEFAULT}-int8@{made.files[manifest.ENCODER][1][:12]}"
    assert manifest.damaged(model_folder / DEFAULT) == []


def test_a_damaged_encoder_is_an_error_that_says_what_to_do(model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / DEFAULT
    folder.mkdir()
    made = json.loads((model_folder / DEFAULT / manifest.FILE).read_text())
    made["files"] = {name: value for name, value in made["files"].items() if name in {manifest.ENCODER, manifest.TOKENIZER}}
    (folder / manifest.FILE).write_text(json.dumps(made))
    shutil.copy(model_folder / DEFAULT / manifest.TOKENIZER, folder)
    (folder / manifest.ENCODER).write_bytes(bytes(made["files"][manifest.ENCODER][0]))
    with pytest.raises(ConfigError, match="encoder cannot be loaded") as caught:
        OnnxEmbedder(folder)
    assert caught.value.field == "embedding.model"
    (folder / manifest.ENCODER).unlink()
    with pytest.raises(ConfigError, match="not a completely prepared model"):
        OnnxEmbedder(folder)


# -- any other model ---------------------------------------------------------------------------------------------------


@pytest.fixture
def plain_folder(model_folder: Path, tmp_path: Path) -> Path:
    """The same model as anyone would have it: without our manifest and encoder."""
    skipped = shutil.ignore_patterns(manifest.FILE, manifest.ENCODER, "model.safetensors")
    shutil.copytree(model_folder / DEFAULT, tmp_path / "my-model", ignore=skipped)
    (tmp_path / "my-model" / "model.safetensors").symlink_to(model_folder / DEFAULT / "model.safetensors")
    return tmp_path / "my-model"


def test_a_folder_of_any_model_is_loaded_by_sentence_transformers(plain_folder: Path, embedder: OnnxEmbedder) -> None:
    other = load(str(plain_folder), plain_folder.parent / "models")
    assert isinstance(other, SentenceTransformerEmbedder)
    assert other.model_id.startswith("my-model@")
    assert (other.dim, other.max_tokens) == (384, 512)
    assert other.embed_passages([]).shape == other.embed_queries([]).shape == (0, 384)
    texts = ["退款 \ud800", "", "x" * 5000]
    vectors = other.embed_passages(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert other.count_tokens(texts) == embedder.count_tokens(texts)
    # The prompts come from the model's own configuration.
    plain = (other.embed_queries(["退款"]) @ embedder.embed_queries(["退款"]).T).item()
    crossed = (other.embed_passages(["退款"]) @ embedder.embed_queries(["退款"]).T).item()
    assert plain > 0.996
    assert plain > crossed


def test_its_identity_changes_with_weights_and_prompts_but_not_with_the_place(plain_folder: Path) -> None:
    def identity(folder: Path) -> str:
        return SentenceTransformerEmbedder(folder, name="model").model_id

    first = identity(plain_folder)
    moved = plain_folder.rename(plain_folder.with_name("moved"))
    assert identity(moved) == first
    prompts = moved / "config_sentence_transformers.json"
    prompts.write_text(prompts.read_text().replace("query: ", "question: "))
    assert identity(moved) != first


def test_a_folder_without_a_model_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="empty cannot be loaded as a SentenceTransformer model") as caught:
        load(str(tmp_path / "empty"), tmp_path)
    assert caught.value.field == "embedding.model"
