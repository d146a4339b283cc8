"""The committed widget is what its source builds, and the pages' parts are all there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from api.web import files
from api.web.servers import servers

WEB = Path(__file__).parents[3] / "api" / "web"
BUILDER = WEB / "node_modules" / "esbuild"


@pytest.mark.skipif(shutil.which("node") is None or not BUILDER.is_dir(), reason="run `npm ci` in api/web")
def test_the_committed_file_is_what_the_source_builds(tmp_path: Path) -> None:
    for name in ("src", "package.json", "tsconfig.json"):
        (tmp_path / name).symlink_to(WEB / name)
    (tmp_path / "node_modules").symlink_to(WEB / "node_modules")
    subprocess.run(["npm", "run", "--silent", "build"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "static" / "widget.js").read_bytes() == (WEB / "static" / "widget.js").read_bytes(), "run `make web`"


def test_what_is_vendored_has_its_licence_beside_it() -> None:
    for library in ("htmx", "swagger-ui"):
        assert "Licen" in (WEB / "static" / f"{library}.LICENSE.txt").read_text() or library == "htmx"
        assert len((WEB / "static" / f"{library}.LICENSE.txt").read_text()) > 400


def test_a_name_of_a_file_is_no_path() -> None:
    assert files.asset("widget.js") is not None
    for name in ("../pages.py", "..", ".", "", "nothing.js", "/etc/passwd", "..\\pages.py"):
        assert files.asset(name) is None


def test_the_token_flow_in_each_language_is_short_and_names_the_service() -> None:
    for name, code in servers("https://answers.example.com"):
        assert "https://answers.example.com/v1/widget/tokens" in code, name
        assert code.count("\n") < 30 and "{origin}" not in code and "{{" not in code
