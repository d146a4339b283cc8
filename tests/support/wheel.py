"""Tries the wheel as a stranger would: built, installed in an empty environment, asked in an empty folder: `make wheel`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TORCH = "torch==2.13.0"  # by pip, whose configuration decides which build
PAGE = "# Pool\n\nThe pool is open from 7:00 to 21:30. A locker costs 2 euros.\n"


def run(*command: str | Path, cwd: Path) -> str:
    """What a command says; it is shown, and ends everything, where it fails."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="xiansou-wheel-") as folder:
        here = Path(folder)
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", here, ROOT, cwd=here)
        (wheel,) = here.glob("xiansou-*.whl")
        run(sys.executable, "-m", "venv", here / "env", cwd=here)
        python, own = here / "env/bin/python", here / "env/bin/xiansou"
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", TORCH, cwd=here)
        run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, wheel, cwd=here)
        work = here / "work"
        work.mkdir()
        (work / "pool.md").write_text(PAGE, encoding="utf-8")
        print(run(own, "--version", cwd=work).strip())
        print(run(own, "ingest", "pool.md", cwd=work).strip())
        answer = run(own, "ask", "What does a locker cost?", cwd=work)
        print(answer.strip())
        assert "2 euros" in answer, answer


if __name__ == "__main__":
    main()
