"""The section `generator`: which backend words the answers, and how it is asked."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from rag.settings.sections import Section

Kind = Literal["extractive", "openai", "ollama", "anthropic", "azure", "pangu", "gguf", "llamaindex"]

_NEEDS: dict[str, tuple[str, ...]] = {
    "openai": ("base_url", "model"),
    "ollama": ("model",),
    "anthropic": ("model",),
    "azure": ("base_url", "model"),
    "pangu": ("base_url", "model"),
    "gguf": ("model",),
    "llamaindex": ("model",),
}


class Generator(Section):
    kind: Kind = Field(
        "extractive",
        description="`extractive` quotes the documents without an LLM; `openai` is any compatible server; also `ollama`, "
        "`anthropic`, `azure`, `pangu`, `gguf` (in process), `llamaindex` (any LLM class of it).",
    )
    base_url: str = Field("", description="Base URL of the backend, e.g. `http://127.0.0.1:11434/v1`.")
    model: str = Field(
        "", description="Model name sent to the backend; for `gguf` a file, for `llamaindex` a class as `package.module.Class`."
    )
    api_key: SecretStr = Field(SecretStr(""), description="Key sent to that server; better set by the environment.")
    options: dict[str, Any] = Field({}, description="What one kind alone needs, as `[generator.options]`: see docs/own-llm.md.")
    temperature: float = Field(0.0, ge=0, le=1, description="0 for question answering; up to 1.")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus sampling; change it or `temperature`, not both.")
    presence_penalty: float = Field(0.0, ge=-2, le=2, description="Sent to the server as it is.")
    max_tokens: int = Field(1024, ge=1, le=32768, description="Longest answer, in the server's tokens.")
    context_tokens: int = Field(4096, ge=512, description="Room for prompt and answer in the server's model.")
    tokens_per_word: float = Field(
        1.4, gt=0, le=10, description="Tokens of an English word, for budgets where the backend's tokenizer is not known."
    )
    tokens_per_chinese_char: float = Field(1.0, gt=0, le=10, description="Tokens of a Chinese character, likewise.")
    system: str = Field("", description="Persona: text put before the rules of the prompt.")
    condense: bool = Field(
        True, description="Whether follow-up questions are put into one question by the LLM before they are searched."
    )
    timeout_s: float = Field(30.0, gt=0, le=600, description="Deadline of one answer, from question to last word, in seconds.")
    fallback: list[str] = Field(
        ["extractive"],
        description="What is tried when the backend fails, or writes nothing that the passages say: names of profiles whose "
        "backend is used, or `extractive`, which quotes the documents. `[]`: such a question is refused.",
    )

    @field_validator("fallback", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> Generator:
        if self.temperature != 0.0 and self.top_p != 1.0:
            raise ValueError("change `temperature` or `top_p`, not both: their effects on randomness multiply")
        missing = [name for name in _NEEDS.get(self.kind, ()) if not getattr(self, name)]
        if missing:
            needed = " and ".join(f"`{name}`" for name in _NEEDS[self.kind])
            raise ValueError(f'kind = "{self.kind}" needs {needed}')
        if self.kind != "extractive" and self.max_tokens >= self.context_tokens:
            raise ValueError("`max_tokens` must be less than `context_tokens`, which holds the prompt too")
        return self
