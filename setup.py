"""Writes the commit that a wheel is built from beside its modules; all else about the package stands in pyproject.toml."""

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCommit(build_py):
    """As always, and `rag/commit.txt`."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # the checkout itself tells its commit
            return
        git = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent, check=False
        )
        if git.returncode == 0:
            (Path(self.build_lib) / "rag" / "commit.txt").write_text(git.stdout.strip(), encoding="utf-8")


setup(cmdclass={"build_py": BuildWithCommit})
