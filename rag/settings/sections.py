"""The sections of the settings. A new section is a class here, or in a file of its own beside this one."""

from __future__ import annotations

import re
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from rag.settings.access import Networks

Unsupported = Literal["replace", "repair", "drop", "keep", "refuse"]


class Section(BaseModel):
    """Base of all sections: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Server(Section):
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the HTTP service.")
    processes: int = Field(1, ge=1, le=64, description="API processes.")
    workers: int = Field(1, ge=0, le=64, description="Ingest workers that `xiansou serve` starts beside the API.")
    worker_metrics: str = Field(
        "",
        description="`HOST:PORT` where a worker alone tells its metrics, to all who can reach it; empty: nowhere.",
    )
    drain_s: float = Field(35.0, ge=0, le=3600, description="Longest time that answers under way may take when it ends.")
    auth: Literal["auto", "required"] = Field(
        "auto", description="`auto`: loopback needs no key until one is made; `required`: everyone needs one."
    )
    trusted_proxies: Networks = Field(
        "", description="Proxies whose `X-Forwarded-*` is believed: addresses or networks, with commas between."
    )
    public_url: str = Field(
        "", description="Address at which readers of answers reach this service; empty: that of the request."
    )
    cite_hours: float = Field(
        24.0, gt=0, le=8760, description="Life of the links to cited passages, which open without a key, in hours."
    )

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#]+(?:/[^\s?#]*)?", value):
            raise ValueError("write it as https://help.example.com, with a path where there is one")
        return value.rstrip("/")


class Database(Section):
    url: str = Field("", description="SQLAlchemy URL of the ledger; empty: SQLite in `data_dir`.")


class Index(Section):
    engine: Literal["faiss", "pgvector"] = Field(
        "faiss",
        description="Where vectors are searched: `faiss` in the memory of each process, `pgvector` in the ledger's own "
        "PostgreSQL, where each document's vectors are written with it.",
    )


class Redis(Section):
    url: str = Field("", description="URL of a Redis or Valkey; empty: an embedded Valkey below `data_dir`.")


class Embedding(Section):
    model: str = Field("multilingual-e5-small", description="Name, hub id or path of the embedding model.")
    folder: str = Field(
        "", description="Where prepared models are kept; empty: where `make setup` put them, else below `data_dir`."
    )
    threads: int = Field(0, ge=0, le=256, description="Threads of the embedder in each process; 0: one per usable core.")


class Retrieval(Section):
    top_k: int = Field(5, ge=1, le=100, description="Passages given to the generator.")
    candidates: int = Field(50, ge=10, le=1000, description="Passages that each of dense and BM25 search proposes.")
    neighbours: int = Field(
        500, ge=0, le=20_000, description="Tokens of the best hits' sections that an LLM is shown besides; 0: hits alone."
    )
    dictionary: str = Field(
        "", description="Text file of names that are kept whole, one a line; a change needs `xiansou reindex`."
    )
    synonyms: str = Field("", description="Text file of synonyms: lines `one, two` or `one => two, three`.")
    reranker: Literal["late", "none", "cross-encoder"] = Field(
        "late", description="`late` compares token by token; `cross-encoder` needs weights; `none` keeps the first stage."
    )
    reranker_model: str = Field("", description="Folder or hub name of the cross-encoder.")
    weights: dict[Literal["kind", "collection", "path"], dict[str, float]] = Field(
        {},
        description="Added to the score of passages by their kind (`kind.faq = 0.2`), collection "
        '(`collection.archive = -0.5`) or path (`path."tickets/**" = -1`), as `[retrieval.weights]`; scores of neighbours lie '
        "some tenths apart. `kind.case` is -0.2 unless it is set: a help page goes before a ticket that says as much.",
    )

    @field_validator("weights")
    @classmethod
    def _known_kinds(cls, value: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        kinds = ("text", "list", "table", "code", "faq", "case")
        for kind in value.get("kind", {}):
            if kind not in kinds:
                raise ValueError(f"there is no kind `{kind}`; kinds are {', '.join(kinds)}")
        for by, of_kind in value.items():
            for name, weight in of_kind.items():
                if not -10 <= weight <= 10:
                    raise ValueError(f"{by}.{name} must lie between -10 and 10")
        return value

    @model_validator(mode="after")
    def _has_model(self) -> Retrieval:
        if self.reranker == "cross-encoder" and not self.reranker_model:
            raise ValueError('reranker = "cross-encoder" needs `reranker_model`')
        return self


class AnswerSettings(Section):
    max_wrong_rate: float = Field(
        0.1,
        gt=0,
        le=1,
        description="Share of the questions that the documents do not answer which may be answered all the same; 1 answers "
        "every question. By what was seen on public question sets, after `xiansou eval calibrate` by your own questions.",
    )
    unanswerable_share: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Assumed share of the questions that the documents do not answer. Probabilities of hits are told for that "
        "share; which questions are answered does not depend on it.",
    )
    max_sentences: int = Field(5, ge=1, le=20, description="Longest extractive answer, in quoted sentences.")
    unsupported: Unsupported = Field(
        "replace",
        description="What happens to a sentence of an LLM that its passage does not support: `repair` cites the "
        "passage that does, "
        "else drops it; `replace` likewise, but puts the passage's own words in its place; `keep` shows "
        "it, marked `unverified` in "
        "`grounding`, where it has no number, name or link; `drop` drops it; `refuse` refuses the whole answer.",
    )
    allowed_links: list[str] = Field(
        [],
        description="Web and mail addresses that an LLM may name besides those of the passages it cites, compared whole: "
        "`https://help.example.com/contact` allows neither another path nor another host.",
    )
    entailment_model: str = Field(
        "", description="Folder or hub name of a model for natural language inference, asked about sentences in other words."
    )


CleaningRule = Literal[
    "control_characters",
    "radicals",
    "mojibake",
    "empty",
    "markup_only",
    "garbage",
    "repeated_line",
    "boilerplate",
    "duplicate",
    "near_duplicate",
    "page_furniture",
    "navigation",
    "unpublished",
    "speaker_notes",
]
CLEANING_RULES: tuple[str, ...] = get_args(CleaningRule)
MaskKind = Literal["cn_id", "email", "bank_card", "mobile", "ip", "passport", "plate", "name"]


class Ingest(Section):
    max_bytes: int = Field(50_000_000, ge=1, description="Larger files are refused.")
    chunk_tokens: int = Field(256, ge=64, le=480, description="Longest passage, in the embedding model's tokens.")
    wait_s: float = Field(60.0, gt=0, description="Longest wait of a write with `wait=visible` before it answers 202.")
    clean_off: list[CleaningRule] = Field(
        [],
        description=f"Cleaning rules that are not applied; in the environment with commas. All: {', '.join(CLEANING_RULES)}.",
    )
    mask: list[MaskKind] = Field(
        [],
        description="Personal data that is replaced before anything is stored: "
        "`cn_id`, `email`, `bank_card`, `mobile`, `ip`, `passport`, `plate`, "
        "`name` (people whom a label, a column or a signature names).",
    )
    mask_key: SecretStr = Field(
        SecretStr(""), description="With it, `xiansou unmask` can undo masking; without, masked values are gone."
    )

    @field_validator("clean_off", "mask", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """The environment has texts: `cn_id,mobile`."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("mask_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("take 16 random characters or more")
        return value


class Reindex(Section):
    suite: str = Field("", description="Suite file whose thresholds a new generation must reach before it goes live.")


class Backup(Section):
    folder: str = Field("", description="Where `xiansou backup` writes when no file is named. Best on another disk.")
    keep: int = Field(0, ge=0, description="Backups kept in that folder, the newest ones; 0: all.")


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severity that is written.")
    json_lines: bool = Field(False, description="One JSON object a line instead of readable lines.")
    questions: bool = Field(False, description="Whether the text of slow questions may be written to the log.")
    slow_ms: float = Field(
        2000, ge=0, description="Answers and searches that take longer are logged with their stages and hits; 0: none."
    )
