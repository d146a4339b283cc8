"""What the deployed files say, read as data: Dockerfile, compose file, systemd units, crontab."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy/systemd").iterdir())
CRON = ROOT / "deploy/cron/xiansou-reindex"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("api", "worker", "reindex")
INSTALLED = "/opt/xiansou/.venv/bin/xiansou"


def dockerfile() -> list[tuple[str, str]]:
    """(instruction, the rest) in order, without comments, lines joined."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#")).replace("\\\n", " ")
    split = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    return [(word, rest.strip()) for word, rest in split]


def final_stage() -> list[tuple[str, str]]:
    steps = dockerfile()
    return steps[max(n for n, (word, _) in enumerate(steps) if word == "FROM") :]


def by_default(value: Any) -> str:
    """A value of the compose file when the environment has nothing."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))


def resolved(service: dict[str, Any]) -> dict[str, Any]:
    """A service with the types that variables have once they are put in."""
    replicas = service.get("deploy", {}).get("replicas")
    return service if replicas is None else {**service, "deploy": {**service["deploy"], "replicas": int(replicas)}}


def unit(name: str) -> dict[str, list[str]]:
    """key → values of a systemd unit."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "deploy/systemd" / name).read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def cron_jobs() -> list[list[str]]:
    """[minute, hour, day, month, weekday, user, command] of each job."""
    lines = [line for line in CRON.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [line.split(None, 6) for line in lines if not re.match(r"\w+=", line)]


def said_in(shell: str) -> Iterator[list[str]]:
    """Arguments of each call of `xiansou` in shell text."""
    words = list(shlex.shlex(shell, posix=True, punctuation_chars=True))
    for n, word in enumerate(words):
        if word == "xiansou" or word.endswith("/xiansou"):
            rest = words[n + 1 :]
            end = next((m for m, at in enumerate(rest) if re.fullmatch(r"[();<>|&]+|\d", at)), len(rest))
            if end:  # else the word is a folder or a user
                yield rest[:end]


def commands() -> list[tuple[str, list[str]]]:
    """(where, arguments) of every call of `xiansou` in the deployed files."""
    image = dockerfile()
    assert ("ENTRYPOINT", '["xiansou"]') in image
    found = [("Dockerfile", json.loads(rest)) for word, rest in image if word == "CMD"]
    found += [("Dockerfile", said) for word, rest in image if word == "RUN" for said in said_in(rest)]
    found += [(f"compose {name}", SERVICES[name]["command"]) for name in ("api", "worker")]
    loop = SERVICES["reindex"]["command"][0].replace("$$", "$")
    found += [("compose reindex", said) for line in loop.splitlines() for said in said_in(line)]
    found += [(path.name, said) for path in UNITS for line in unit(path.name).get("ExecStart", []) for said in said_in(line)]
    return found + [("cron", said) for job in cron_jobs() for said in said_in(job[6])]


def environments() -> dict[str, dict[str, str]]:
    image: dict[str, str] = {}
    for word, rest in dockerfile():
        if word == "ENV":
            image |= dict(pair.split("=", 1) for pair in shlex.split(rest))
    found = {"Dockerfile": image}
    for name in OURS:
        found[f"compose {name}"] = {key: by_default(value) for key, value in SERVICES[name]["environment"].items()}
    for path in UNITS:
        if path.suffix == ".service":
            pairs = [pair for line in unit(path.name)["Environment"] for pair in shlex.split(line)]
            found[path.name] = dict(pair.split("=", 1) for pair in pairs)
    found["cron"] = dict(re.findall(r"^(\w+)=(.*)$", CRON.read_text(encoding="utf-8"), flags=re.MULTILINE))
    return found


def copied() -> list[str]:
    plain = [rest.split()[:-1] for word, rest in dockerfile() if word == "COPY" and not rest.startswith("--from")]
    return [source for sources in plain for source in sources]
