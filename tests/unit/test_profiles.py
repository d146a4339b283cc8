"""Assistant profiles: the plain settings, and what an assistant does otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.answer import Answerer
from rag.domain import Question
from rag.errors import ConfigError, InputError
from rag.fakes import ScriptedGenerator
from rag.settings import Settings, load

PLAIN = '[generator]\nkind = "openai"\nbase_url = "http://a.example/v1"\nmodel = "m"\napi_key = "sk-plain"\ntemperature = 0.3\n'


def read(folder: Path, text: str, **env: str) -> Settings:
    file = folder / "xiansou.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, env=env)


def test_the_default_profile_is_made_of_the_plain_settings(tmp_path: Path) -> None:
    told = read(tmp_path, PLAIN + "[retrieval]\ntop_k = 9\n[answer]\nmax_wrong_rate = 0.2\n")
    assert list(told.profiles) == ["xiansou"]
    default = told.profile(None)
    assert default.generator == told.generator
    assert (default.top_k, default.max_wrong_rate, default.max_sentences) == (9, 0.2, told.answer.max_sentences)
    assert Settings().profile("xiansou").generator == Settings().generator


def test_a_profile_changes_what_it_names(tmp_path: Path) -> None:
    own = '[profiles.formal]\npersona = "Be formal."\ntemperature = 0.1\nlanguage = "zh"\ntop_k = 3\ndeadline_s = 5\n'
    told = read(tmp_path, PLAIN + own + '[profiles.formal.refusals]\ndeadline = "Too late."\n')
    formal = told.profile("formal")
    assert list(told.profiles) == ["xiansou", "formal"]
    assert (formal.generator.system, formal.generator.temperature, formal.generator.timeout_s) == ("Be formal.", 0.1, 5.0)
    assert (formal.generator.model, formal.generator.base_url) == ("m", "http://a.example/v1")
    assert (formal.language, formal.top_k, formal.refusals) == ("zh", 3, {"deadline": "Too late."})
    assert told.profile(None).generator.temperature == 0.3


def test_a_key_does_not_travel_to_another_server(tmp_path: Path) -> None:
    own = '[profiles.local.generator]\nkind = "openai"\nbase_url = "http://b.example/v1"\nmodel = "n"\n'
    local = read(tmp_path, PLAIN + own).profile("local").generator
    assert local.api_key.get_secret_value() == ""
    assert local.temperature == 0.3


def test_profiles_come_from_the_environment_too(tmp_path: Path) -> None:
    told = read(tmp_path, PLAIN, XIANSOU__PROFILES__SHORT__TOP_K="2", XIANSOU__PROFILES__SHORT__FALLBACK="xiansou, extractive")
    assert told.profile("short").top_k == 2
    assert told.profile("short").generator.fallback == ["xiansou", "extractive"]


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("[profiles.a]\ntopk = 1\n", "profiles.a.topk", "Did you mean `profiles.a.top_k`?"),
        ("[profiles.a.generator]\nbaseurl = 1\n", "profiles.a.generator.baseurl", "`profiles.a.generator.base_url`"),
        ("[profiles.a]\ntemperature = 2\n", "profiles.a.generator.temperature", "less than or equal to 1"),
        ("[profiles.a]\ntemperature = 0.5\ntop_p = 0.5\n", "profiles.a.generator", "not both"),
        ("[profiles.a]\nbackend = 'openai'\n", "profiles.a.generator", "`base_url` and `model`"),
        ("[profiles.'a b']\n", "profiles", "no spaces"),
        ("[profiles.extractive]\n", "profiles", "is not `extractive`"),
        ("[profiles.a]\nfallback = ['b']\n", "profiles.a.generator.fallback", "no profile `b`"),
        ("[generator]\nfallback = ['b']\n", "generator.fallback", "no profile `b`"),
        ("profiles = 3\n", "profiles", "dictionary"),
        ("[profiles]\na = 3\n", "profiles.a", ""),
        ("[profiles.a.generator]\napi_key = ['sk-hidden']\n", "profiles.a.generator.api_key", ""),
        ("[profiles.a.generator]\nkind = 'openai'\napi_key = 'sk-hidden'\n", "profiles.a.generator", "`base_url` and `model`"),
        ("[generator]\noptions = 'sk-hidden'\n", "generator.options", ""),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, field: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert caught.value.field == field
    assert said in str(caught.value)
    assert "sk-hidden" not in str(caught.value)


def test_an_unknown_profile_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    told = read(tmp_path, "[profiles.formal]\n")
    for name, fix in (("frmal", "Did you mean `formal`?"), ("zzz", "There is: xiansou, formal.")):
        with pytest.raises(InputError) as caught:
            told.profile(name)
        assert (caught.value.field, caught.value.fix) == ("profile", fix)


def test_every_profile_answers_with_its_own_backend_and_voice(application, put, tmp_path) -> None:
    put("refunds", "Refunds take 5 working days.")
    told = read(
        tmp_path,
        "[answer]\nmax_wrong_rate = 1.0\n[profiles.formal]\nfallback = []\n"
        "[profiles.formal.refusals]\nlow_grounding = 'Alas.'\n",
    )
    generators = {"formal": ScriptedGenerator("Refunds take 5 working days [1].", "Cheese [1].")}
    asking = Answerer(application.answerer._retriever, application.embedder, None, told, generators=generators)
    assert asking.answer(Question("How long do refunds take?")).generator == "extractive"
    question = Question("How long do refunds take?", profile="formal")
    assert asking.generator_of(question) == "scripted"
    assert asking.answer(question).generator == "scripted"
    assert asking.answer(question).answer == "Alas."
    with pytest.raises(InputError, match="formall"):
        asking.answer(Question("q", profile="formall"))
    with pytest.raises(InputError):
        asking.retrieve(Question("q", profile="formall"))
