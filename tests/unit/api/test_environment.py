"""Children are told all settings: lists, tables, secrets and profiles come back as they were."""

from __future__ import annotations

from pathlib import Path

from api.environment import flat
from rag.settings import ENV_PREFIX, load

TOML = """
[server]
drain_s = 3.5
[generator]
kind = "openai"
base_url = "http://127.0.0.1:1/v1"
model = "m"
api_key = "sk-secret"
system = "[Be brief.] \\"yes\\""
[profiles.Sales]
persona = "You sell."
temperature = 0.4
fallback = ["xiansou", "extractive"]
[profiles.Sales.generator]
kind = "openai"
base_url = "http://127.0.0.1:2/v1"
model = "n"
api_key = "sk-other"
[profiles.Sales.refusals]
no_relevant_content = "We'd have to ask."
"""


def test_settings_survive_the_way_through_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "xiansou.toml"
    file.write_text(TOML + f'\n[embedding]\nfolder = "{tmp_path}"\n', encoding="utf-8")
    told = load(file, env={}, overrides={"data_dir": str(tmp_path / "data")})
    assert load(Path("/dev/null"), env=dict(flat(told, ENV_PREFIX))) == told
