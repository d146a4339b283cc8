"""Settings: who wins, what is refused and how it is said, and the texts that are made from them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.settings import Settings, describe, load, profile_rows
from tests.support.reference import settings_page
from tests.support.settings_docs import EXAMPLE, render_example

Refuse = Callable[..., ConfigError]


@pytest.fixture
def toml(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "settings.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def refuse(toml: Callable[[str], Path]) -> Refuse:
    """refuse(text of the file, **environment) → the ConfigError."""

    def attempt(text: str = "", **env: str) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load(toml(text), env)
        return caught.value

    return attempt


# -- who wins ----------------------------------------------------------------------------------------------------------


def test_environment_beats_file_and_override_beats_both(toml: Callable[[str], Path]) -> None:
    file = toml("[server]\nport = 1001\nprocesses = 2\nworkers = 3\n")
    env = {"XIANSOU__SERVER__PORT": "1002", "XIANSOU__SERVER__PROCESSES": "4", "PORT": "9"}
    told = load(file, env, {"server.port": 1003, "server.host": None})
    assert (told.server.port, told.server.processes, told.server.workers) == (1003, 4, 3)
    assert told.server.host == "127.0.0.1"  # an option that was not given says None


def test_environment_reaches_keys_outside_sections_and_is_typed() -> None:
    env = {"XIANSOU__DATA_DIR": "here", "XIANSOU__LOG__JSON_LINES": "true", "XIANSOU__ANSWER__MAX_WRONG_RATE": "0.05"}
    told = load(env=env)
    assert (told.data_dir, told.log.json_lines, told.answer.max_wrong_rate) == (Path("here"), True, 0.05)


def test_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANSOU__RETRIEVAL__TOP_K", "7")
    assert load().retrieval.top_k == 7


def test_file_in_the_working_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(env={}) == Settings()
    (tmp_path / "xiansou.toml").write_text("[retrieval]\ntop_k = 9\n", encoding="utf-8")
    assert load(env={}).retrieval.top_k == 9


# -- what is refused ---------------------------------------------------------------------------------------------------

UNKNOWN = [
    ("server.prot", "server.port"),
    ("retrieval.topk", "retrieval.top_k"),
    ("generator.baseurl", "generator.base_url"),
    ("datadir", "data_dir"),
]


@pytest.mark.parametrize(("wrong", "right"), UNKNOWN)
def test_unknown_key_of_the_file_is_refused_with_the_nearest_one(refuse: Refuse, wrong: str, right: str) -> None:
    section, _, key = wrong.rpartition(".")
    error = refuse((f"[{section}]\n" if section else "") + f"{key} = 1\n")
    assert (error.field, error.fix) == (wrong, f"Did you mean `{right}`?")
    assert f"`{wrong}`" in error.detail


@pytest.mark.parametrize(("wrong", "right"), UNKNOWN)
def test_unknown_key_of_the_environment_is_refused_with_the_nearest_one(refuse: Refuse, wrong: str, right: str) -> None:
    error = refuse(**{"XIANSOU__" + wrong.upper().replace(".", "__"): "1"})
    assert (error.field, error.fix) == (wrong, f"Did you mean `{right}`?")


def test_unknown_section_and_unknown_override_are_refused(refuse: Refuse) -> None:
    assert refuse("[sever]\nport = 1\n").field == "sever"
    with pytest.raises(ConfigError, match=r"server\.prot"):
        load(env={}, overrides={"server.prot": 1})


def test_what_resembles_no_key_points_to_the_example(refuse: Refuse) -> None:
    assert "xiansou.example.toml" in (refuse("[zzzz]\nq = 1\n").fix or "")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SERVER__PORT", "http", "integer"),
        ("SERVER__PORT", "", "integer"),
        ("LOG__JSON_LINES", "perhaps", "boolean"),
        ("SERVER__PORT", "65536", "65535"),
        ("SERVER__PORT", "0", "1"),
        ("ANSWER__MAX_WRONG_RATE", "1.01", "1"),
        ("GENERATOR__TEMPERATURE", "1.5", "1"),
        ("GENERATOR__PRESENCE_PENALTY", "-2.5", "-2"),
        ("INGEST__CHUNK_TOKENS", "481", "480"),
        ("LOG__LEVEL", "loud", "'warning'"),
        ("GENERATOR__KIND", "gpt", "'extractive', 'openai', 'ollama'"),
    ],
)
def test_wrong_type_or_range_names_the_key_what_it_may_be_and_what_it_is(
    refuse: Refuse, name: str, value: str, said: str
) -> None:
    error = refuse(**{f"XIANSOU__{name}": value})
    assert error.field == name.lower().replace("__", ".")
    assert f"`{error.field}`" in error.detail
    assert said in error.detail
    assert error.fix == f"It is {value!r} now."


def test_a_value_where_a_section_is_meant_is_refused(refuse: Refuse) -> None:
    assert refuse("server = 3\n").field == "server"
    assert refuse(XIANSOU__SERVER="3").field == "server"
    assert "not a section" in refuse("server = 3\n", XIANSOU__SERVER__PORT="1").detail


def test_temperature_and_top_p_together_are_refused_with_the_reason(refuse: Refuse) -> None:
    assert load(env={"XIANSOU__GENERATOR__TEMPERATURE": "0.5"}).generator.temperature == 0.5
    assert load(env={"XIANSOU__GENERATOR__TOP_P": "0.5"}).generator.top_p == 0.5
    error = refuse("[generator]\ntemperature = 0.5\n", XIANSOU__GENERATOR__TOP_P="0.5")
    assert error.field == "generator"
    assert "not both" in error.detail
    assert "multiply" in error.detail


@pytest.mark.parametrize("given", ["", 'base_url = "http://llm.example/v1"', 'model = "m"'])
def test_openai_needs_base_url_and_model(refuse: Refuse, given: str) -> None:
    error = refuse(f'[generator]\nkind = "openai"\n{given}\n')
    assert "`base_url` and `model`" in error.detail
    assert error.field == "generator"


def test_openai_with_base_url_and_model_is_accepted(toml: Callable[[str], Path]) -> None:
    told = load(toml('[generator]\nkind = "openai"\nbase_url = "http://llm.example/v1"\nmodel = "m"\n'), env={})
    assert (told.generator.kind, told.generator.model) == ("openai", "m")


# -- files that cannot be read -----------------------------------------------------------------------------------------


def test_bad_toml_names_file_and_line(refuse: Refuse) -> None:
    error = refuse("[server]\nport = \n")
    assert "settings.toml is not valid TOML" in error.detail
    assert "line 2" in error.detail


def test_missing_config_file_is_refused_though_the_default_one_may_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml") as caught:
        load(tmp_path / "absent.toml", env={})
    assert caught.value.field == "--config"


def test_folder_and_other_encodings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "gb.toml").write_bytes('data_dir = "数据"'.encode("gb18030"))
    for path in (tmp_path, tmp_path / "gb.toml"):
        with pytest.raises(ConfigError, match="cannot read"):
            load(path, env={})


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_the_api_key_is_given_out_only_on_demand() -> None:
    told = load(env={"XIANSOU__GENERATOR__API_KEY": "sk-hidden"})
    assert told.generator.api_key.get_secret_value() == "sk-hidden"
    for shown in (repr(told), str(told), repr(told.generator), told.model_dump_json()):
        assert "sk-hidden" not in shown


@pytest.mark.parametrize(
    "text",
    [
        '[generator]\napi_key = ["sk-hidden"]\n',
        '[generator]\napi_kee = "sk-hidden"\n',
        '[generator]\napi_key = "sk-hidden"\nkind = "openai"\n',
        'generator = "sk-hidden"\n',
    ],
)
def test_an_error_never_shows_the_api_key(refuse: Refuse, text: str) -> None:
    error = refuse(text)
    assert error.field is not None
    assert error.field.startswith("generator")
    assert "sk-hidden" not in f"{error} {error.detail} {error.fix}"


# -- paths that are derived --------------------------------------------------------------------------------------------


def test_the_ledger_is_in_the_data_dir_unless_a_database_is_given(tmp_path: Path) -> None:
    told = load(env={"XIANSOU__DATA_DIR": str(tmp_path)})
    assert told.database_url == f"sqlite:///{tmp_path.resolve() / 'ledger.db'}"
    given = "postgresql+psycopg://db.example/xiansou"
    assert load(env={"XIANSOU__DATABASE__URL": given}).database_url == given


def test_models_are_in_the_given_folder_or_beside_the_interpreter_or_in_the_data_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    assert load(env={"XIANSOU__EMBEDDING__FOLDER": "m"}).model_folder == Path("m")
    assert load(env={}).model_folder == Path("data/models")
    (tmp_path / "models").mkdir()
    assert load(env={}).model_folder == tmp_path / "models"


# -- texts made from them ----------------------------------------------------------------------------------------------


def test_the_example_file_is_what_the_settings_say() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == render_example(), "run: python -m tests.support.settings_docs"


def test_the_example_file_changes_nothing() -> None:
    assert load(EXAMPLE, env={}) == Settings()


def test_every_setting_of_the_example_can_be_uncommented(toml: Callable[[str], Path]) -> None:
    text = re.sub(r"^#(?=\w+ = )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    values = tomllib.loads(text)
    keys = [f"{name}.{key}" for name, at in values.items() if isinstance(at, dict) for key in at]
    keys += [name for name, at in values.items() if not isinstance(at, dict)]
    assert sorted(keys) == sorted(key for key, _, _ in describe())
    assert load(toml(text), env={}) == Settings()


def test_every_setting_has_a_meaning_and_a_row_of_the_reference() -> None:
    rows = [line for line in settings_page().splitlines() if line.startswith("| `")]
    told = [(f"| `{key}` | `{default}` |", meaning) for key, default, meaning in describe()]
    told += [(f"| `profiles.NAME.{name}` |", meaning) for name, meaning in profile_rows()]
    assert len(rows) == len(told)
    for row, (head, meaning) in zip(rows, told, strict=True):
        assert row.startswith(head)
        assert row.count("|") - row.count("\\|") == head.count("|") + 1, "a `|` in the text would break the table"
        assert meaning.endswith(".")
