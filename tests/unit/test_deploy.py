"""What is deployed says what the program understands: commands, options, settings, files, schedules."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose

from rag.settings import ENV_PREFIX, load
from tests.support.deployed import (
    COMPOSE,
    CRON,
    INSTALLED,
    OURS,
    ROOT,
    SERVICES,
    UNITS,
    by_default,
    commands,
    copied,
    cron_jobs,
    dockerfile,
    environments,
    final_stage,
    resolved,
    unit,
)

# -- commands and settings ---------------------------------------------------------------------------------------------


def test_every_command_and_option_exists() -> None:
    import typer

    import xiansou

    known = typer.main.get_command(xiansou.cli).commands  # type: ignore[attr-defined]
    told = commands()
    for where, words in told:
        assert words[0] in known, f"{where}: xiansou {words[0]}"
        known[words[0]].make_context(words[0], words[1:])  # refuses options that it does not have
    assert {where for where, words in told if "reindex" in words} == {"compose reindex", "xiansou-reindex.service", "cron"}
    assert {words[0] for _, words in told} == {"serve", "worker", "reindex", "prepare", "backup"}


def test_every_setting_is_known_and_nothing_is_written_outside_the_data_folder() -> None:
    for where, env in environments().items():
        ours = {key: value for key, value in env.items() if key.startswith(ENV_PREFIX)}
        told = load(ROOT / "xiansou.example.toml", env=ours)
        expected = "/data" if where.startswith(("Docker", "compose")) else "/var/lib/xiansou"
        assert str(told.data_dir) == expected, where


@pytest.mark.parametrize("name", ["docker-compose.yml", "deploy/README.md", "Dockerfile", "deploy/systemd", "deploy/cron"])
def test_settings_named_in_text_are_known(name: str) -> None:
    path = ROOT / name
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    known = load(env={}).model_dump()
    for setting in set(re.findall(r"XIANSOU__(\w+?)\b", text)):
        section, _, key = setting.lower().partition("__")
        assert key in known[section] if key else section in known, setting


def test_only_one_service_starts_workers() -> None:
    for where in ("compose api", "xiansou.service"):
        assert environments()[where]["XIANSOU__SERVER__WORKERS"] == "0"


# -- compose -----------------------------------------------------------------------------------------------------------


def test_compose_has_all_services_on_one_data_volume_and_one_redis() -> None:
    assert set(SERVICES) == {*OURS, "redis", "postgres", "prometheus"}
    for name in OURS:
        mounts = [by_default(mount) for mount in SERVICES[name]["volumes"]]
        assert mounts == ["data:/data", "./documents:/documents:ro"]
        assert SERVICES[name]["environment"]["XIANSOU__REDIS__URL"] == "redis://redis:6379/0"
    assert set(COMPOSE["volumes"]) == {"data", "redis", "postgres", "prometheus"}
    redis = shlex.split(SERVICES["redis"]["command"])
    options = dict(zip(redis[1::2], redis[2::2], strict=True))
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "everysec")
    assert options["--maxmemory-policy"] == "noeviction"


def test_compose_services_are_confined() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == "unless-stopped", name
        assert "mem_limit" in service, name
        assert any(mount.startswith("/tmp:") for mount in service["tmpfs"]), name
        assert not {"privileged", "network_mode", "pid", "cap_add"} & set(service), name
    assert SERVICES["redis"]["user"].split(":")[0] != "0"
    assert SERVICES["postgres"]["user"].split(":")[0] != "0"


def test_compose_runs_two_of_each_and_the_rest_on_demand() -> None:
    assert by_default(SERVICES["api"]["environment"]["XIANSOU__SERVER__PROCESSES"]) == "2"
    assert by_default(SERVICES["worker"]["deploy"]["replicas"]) == "2"
    profiles = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
    assert profiles == {"postgres": ["postgres"], "prometheus": ["prometheus"]}


def test_compose_publishes_on_loopback_only() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["api", "prometheus"]
    assert [by_default(port) for port in SERVICES["api"]["ports"]] == ["127.0.0.1:8000:8000"]
    assert [by_default(port) for port in SERVICES["prometheus"]["ports"]] == ["127.0.0.1:9090:9090"]
    assert SERVICES["api"]["environment"]["XIANSOU__SERVER__PORT"] == "8000"


def test_compose_waits_for_services_that_have_a_health_check() -> None:
    waits = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    assert waits["api"] == waits["worker"] == {"redis": {"condition": "service_healthy"}}
    assert waits["reindex"] == {"api": {"condition": "service_healthy"}}
    assert "valkey-cli ping" in str(SERVICES["redis"]["healthcheck"]["test"])
    assert "healthcheck" not in SERVICES["api"]  # the image's
    for name in ("worker", "reindex"):  # they serve no HTTP
        assert SERVICES[name]["healthcheck"] == {"disable": True}


def test_images_have_a_version() -> None:
    images = [rest.split()[0] for word, rest in dockerfile() if word == "FROM"]
    images += [service["image"] for service in SERVICES.values()]
    for image in images:
        assert re.search(r":[\w.-]+$", image), image
        assert not image.endswith(":latest"), image


def test_the_compose_specification_accepts_the_file_with_its_defaults() -> None:
    """As `docker compose config` does, where there is no docker: variables are put in, anchors and merges resolved."""
    text = by_default((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    told = yaml.safe_load(text)
    told["services"] = {name: resolved(service) for name, service in told["services"].items()}
    plain = {key: value for key, value in told.items() if not key.startswith("x-")}
    assert sorted(PyCompose.from_yaml(yaml.safe_dump(plain)).service_names()) == sorted(SERVICES)
    plain["services"]["api"]["comand"] = ["serve"]
    with pytest.raises(Exception, match="comand"):
        PyCompose.from_yaml(yaml.safe_dump(plain))


@pytest.fixture(scope="module")
def docker_compose() -> list[str]:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker client with compose here")
    return [docker, "compose"]


def test_compose_accepts_its_file(docker_compose: list[str]) -> None:
    done = subprocess.run([*docker_compose, "config"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


# -- the nightly loop of compose ---------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="the loop is for the image: it needs GNU date")
def test_the_loop_runs_at_its_hour_survives_a_failure_and_ends_on_sigterm(tmp_path: Path) -> None:
    program = tmp_path / "xiansou"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{tmp_path}/calls"\nexit 3\n', encoding="utf-8")
    program.chmod(0o755)
    shell, loop = SERVICES["reindex"]["entrypoint"], SERVICES["reindex"]["command"][0].replace("$$", "$")
    at = datetime.now() + timedelta(seconds=2)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "XIANSOU_REINDEX_AT": f"{at:%H:%M:%S}"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([*shell, loop], env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 20
        while (said := (tmp_path / "log").read_text().splitlines())[2:] == [] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert (tmp_path / "calls").read_text() == "reindex\n"
        assert datetime.now() >= at.replace(microsecond=0)
        assert "failed, exit code 3" in said[1]
        assert [line.startswith("next re-index: ") for line in said] == [True, False, True]
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the loop is for the image: it needs GNU date")
def test_the_loop_refuses_an_hour_that_is_none() -> None:
    env = {"PATH": os.environ["PATH"], "XIANSOU_REINDEX_AT": "25:00"}
    shell, loop = SERVICES["reindex"]["entrypoint"], SERVICES["reindex"]["command"][0].replace("$$", "$")
    done = subprocess.run([*shell, loop], env=env, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode != 0
    assert "25:00" in done.stderr


# -- image -------------------------------------------------------------------------------------------------------------


def test_the_image_gets_only_tracked_files_and_the_context_only_those() -> None:
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in allowed if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(copied())
    for source in copied():
        assert (ROOT / source).exists(), source


def test_what_the_image_gets_is_in_git() -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    for source in copied():
        listed = subprocess.run(["git", "ls-files", "--", source], cwd=ROOT, capture_output=True, text=True, check=True)
        assert listed.stdout, f"{source} is not tracked"


def test_the_image_runs_without_root_compilers_or_network() -> None:
    steps, env = final_stage(), environments()["Dockerfile"]
    assert [rest for word, rest in steps if word == "USER"] == ["10001:10001"]
    assert any("--uid 10001" in rest for word, rest in steps if word == "RUN")
    text = " ".join(rest for _, rest in steps)
    assert ("STOPSIGNAL", "SIGTERM") in steps
    assert not re.search(r"\b(apt|apt-get|gcc|build-essential|pip|uv|curl|wget)\b", text)
    assert env["HF_HUB_OFFLINE"] == env["ORT_DISABLE_TELEMETRY"] == env["PYTHONDONTWRITEBYTECODE"] == "1"


def test_the_image_installs_what_is_locked_and_the_model_it_is_told_to_use() -> None:
    runs = " ; ".join(rest for word, rest in dockerfile() if word == "RUN")
    assert "--no-deps --require-hashes -r requirements.lock" in runs
    assert f"prepare --folder {environments()['Dockerfile']['XIANSOU__EMBEDDING__FOLDER']} " in runs
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for package in ("torch", "uv"):
        assert re.findall(rf"\b{package}==\S+", runs) == re.findall(rf"\b{package}==\S+", makefile) != []


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_asks_readyz_directly(status: int, code: int) -> None:
    asked = []

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    check = next(rest for word, rest in final_stage() if word == "HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    assert command[0] == "python"
    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        env = {"XIANSOU__SERVER__PORT": str(server.server_port), "http_proxy": "http://127.0.0.1:9"}
        done = subprocess.run([sys.executable, *command[1:]], env=env, capture_output=True, check=False, timeout=30)
    assert done.returncode == code
    assert asked == ["/readyz"]


# -- systemd and cron --------------------------------------------------------------------------------------------------


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd here")
    here = []
    for path in UNITS:  # it wants the program to be there
        text = path.read_text(encoding="utf-8").replace(INSTALLED, sys.executable)
        here.append(tmp_path / path.name)
        here[-1].write_text(text, encoding="utf-8")
    done = subprocess.run([analyze, "verify", *map(str, here)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) not in done.stderr  # unknown keys are remarks, not failures


def test_systemd_units_run_confined_as_one_user_with_one_settings_file() -> None:
    services = [path.name for path in UNITS if path.suffix == ".service"]
    assert services == ["xiansou-backup.service", "xiansou-reindex.service", "xiansou-worker.service", "xiansou.service"]
    for name in services:
        said = unit(name)
        assert said["User"] == ["xiansou"], name
        assert re.fullmatch(rf"{INSTALLED} \w+ --config /etc/xiansou/xiansou\.toml", said["ExecStart"][0]), name
        assert said["NoNewPrivileges"] == ["yes"], name
        assert said["ProtectSystem"] == ["strict"], name
        assert said["StateDirectory"] == ["xiansou"], name
        assert said["EnvironmentFile"] == ["-/etc/xiansou/xiansou.env"], name


def test_systemd_compose_and_cron_re_index_at_the_same_hour() -> None:
    assert unit("xiansou-reindex.timer")["OnCalendar"] == ["*-*-* 03:00:00"]
    assert by_default(SERVICES["reindex"]["environment"]["XIANSOU_REINDEX_AT"]) == "03:00"
    assert [job[:5] for job in cron_jobs()] == [["0", "3", "*", "*", "*"]]


def test_cron_runs_it_as_the_user_of_the_service_and_says_when_it_fails(tmp_path: Path) -> None:
    (job,) = cron_jobs()
    assert job[5:6] == unit("xiansou-reindex.service")["User"]
    assert "%" not in job[6]  # cron would cut the line there
    assert "." not in CRON.name  # cron.d skips such files
    for name, text in {"logger": "#!/bin/sh\ncat >log\n", ".venv/bin/xiansou": "#!/bin/sh\necho broken >&2\nexit 3\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    command = job[6].replace("cd /opt/xiansou", f"cd {shlex.quote(str(tmp_path))}")
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, text=True, check=False, timeout=20)
    assert (tmp_path / "log").read_text() == "broken\n"
    assert done.stdout == ""
    assert "failed, exit code 3" in done.stderr  # cron mails it
