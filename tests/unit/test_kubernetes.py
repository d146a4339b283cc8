"""The Kubernetes manifests: valid by the API's own schemas, confined, and they say what the program understands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from rag.settings import load
from tests.support.deployed import ROOT

FOLDER = ROOT / "deploy/kubernetes"
VERSIONS = ("1.30", "1.33", "1.37")  # `sleep` before a stop came with 1.30
OVERLAYS = ("sqlite", "postgres")


def documents(folder: str) -> Iterator[dict[str, Any]]:
    """All manifests of a kustomization, those of the folders that it names too."""
    told = yaml.safe_load((FOLDER / folder / "kustomization.yaml").read_text(encoding="utf-8"))
    assert told["kind"] == "Kustomization"
    for resource in told["resources"]:
        path = (FOLDER / folder / resource).resolve()
        if path.is_dir():
            yield from documents(str(path.relative_to(FOLDER)))
        else:
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def pods(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, spec) of each pod template."""
    for one in documents(folder):
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield one["metadata"]["name"], template["spec"] | {"labels": template["metadata"]["labels"]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("folder", OVERLAYS)
def test_the_schemas_accept_every_manifest(folder: str, version: str) -> None:
    kinds = []
    for one in documents(folder):
        kubernetes_validate.validate(one, version, strict=True)
        kinds.append(one["kind"])
    assert {"ConfigMap", "Service", "StatefulSet", "CronJob", "NetworkPolicy"} <= set(kinds)


def test_the_schemas_would_notice() -> None:
    one = next(one for one in documents("postgres") if one["kind"] == "Deployment")
    one["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(one, "1.33", strict=True)


def test_every_file_belongs_to_a_kustomization() -> None:
    for path in FOLDER.rglob("*.yaml"):
        if path.name != "kustomization.yaml":
            told = yaml.safe_load((path.parent / "kustomization.yaml").read_text(encoding="utf-8"))
            assert path.name in told["resources"], path


@pytest.mark.parametrize("folder", OVERLAYS)
def test_pods_are_confined_and_name_commands_and_settings_that_exist(folder: str) -> None:
    import typer

    import xiansou

    known = typer.main.get_command(xiansou.cli).commands  # type: ignore[attr-defined]
    (config,) = [one["data"] for one in documents(folder) if one["kind"] == "ConfigMap"]
    assert str(load(Path("/dev/null"), env=config).data_dir) == "/data"
    seen = []
    for name, pod in pods(folder):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"]:
            confined = container["securityContext"]
            assert confined["readOnlyRootFilesystem"] and not confined["allowPrivilegeEscalation"], name
            assert confined["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name
            if container["image"].startswith("xiansou"):
                known[container["args"][0]].make_context(container["args"][0], container["args"][1:])
                assert container["envFrom"][0] == {"configMapRef": {"name": "xiansou"}}
                seen.append(container["args"][0])
    assert seen.count("worker") >= 1
    assert {"serve", "worker", "reindex"} == set(seen)


@pytest.mark.parametrize("folder", OVERLAYS)
def test_services_budgets_and_policies_select_pods_that_are_there(folder: str) -> None:
    labels = {pod["labels"]["app.kubernetes.io/name"] for _, pod in pods(folder)}
    for one in documents(folder):
        spec = one.get("spec", {})
        if one["kind"] == "Service":
            assert spec["selector"]["app.kubernetes.io/name"] in labels
        if one["kind"] in ("PodDisruptionBudget", "Deployment", "StatefulSet"):
            assert spec["selector"]["matchLabels"]["app.kubernetes.io/name"] in labels


def test_an_api_pod_finishes_its_answers_before_it_is_killed() -> None:
    drain = load(env={}).server.drain_s
    for folder in OVERLAYS:
        for name, pod in pods(folder):
            if any(container.get("args") == ["serve"] for container in pod["containers"]):
                assert pod["terminationGracePeriodSeconds"] > drain + 5 + 5, name


def test_with_postgresql_a_new_release_takes_over_without_a_gap() -> None:
    (api,) = [one for one in documents("postgres") if one["metadata"]["name"] == "xiansou-api" and one["kind"] == "Deployment"]
    assert api["spec"]["replicas"] == 2
    assert api["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
