"""`xiansou.example.toml` from `rag.settings.describe()` and `profile_rows()`; the page of settings is in `reference.py`.

python -m tests.support.settings_docs      writes it
"""

from __future__ import annotations

from pathlib import Path

from rag.settings import describe, profile_rows

EXAMPLE = Path(__file__).parents[2] / "xiansou.example.toml"

_HEAD = """\
# All settings of Xiansou with their defaults. Copy this file to xiansou.toml, and remove the `#` before what you change.
# The environment goes before this file (`server.port` is XIANSOU__SERVER__PORT), options of a command before both.
# Unknown keys are refused.
"""

_PROFILES = """\
# Assistants of their own: what [profiles.NAME] does not name is as above. The profile `xiansou` is always there. E.g.
# [profiles.formal]
# persona = "You are the assistant of ACME. Be formal."
# language = "en"
#"""


def render_example() -> str:
    """Text of `xiansou.example.toml`: `# description` above `#key = default`, below the head of its section."""
    lines, section = [_HEAD], ""
    for key, default, meaning in describe():
        place, _, name = key.rpartition(".")
        if place != section:
            section = place
            lines.append(f"[{section}]")
        lines.append(f"# {meaning}\n#{name} = {default}\n")
    lines.append(_PROFILES)
    lines += [f"# {name}: {meaning}" for name, meaning in profile_rows()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    EXAMPLE.write_text(render_example(), encoding="utf-8")
