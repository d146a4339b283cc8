"""The version tells the release and the commit."""

from __future__ import annotations

from pathlib import Path

from rag import __version__, release

COMMIT = "83be98812f0c4d7a9b6e5d3c2a1f0e9d8c7b6a59"


def test_a_checkout_tells_its_commit(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs/heads/main").write_text(f"{COMMIT}\n")
    assert release._checked_out(tmp_path) == COMMIT
    (git / "refs/heads/main").unlink()
    (git / "packed-refs").write_text(f"# pack-refs with: peeled\n{COMMIT} refs/heads/main\n")
    assert release._checked_out(tmp_path) == COMMIT
    (git / "HEAD").write_text(f"{COMMIT}\n")
    assert release._checked_out(tmp_path) == COMMIT


def test_a_worktree_tells_the_commit_of_its_branch(tmp_path: Path) -> None:
    own = tmp_path / "main/.git/worktrees/side"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    (own / "commondir").write_text("../..\n")
    (tmp_path / "main/.git/refs/heads").mkdir(parents=True)
    (tmp_path / "main/.git/refs/heads/side").write_text(f"{COMMIT}\n")
    (tmp_path / "side").mkdir()
    (tmp_path / "side/.git").write_text(f"gitdir: {own}\n")
    assert release._checked_out(tmp_path / "side") == COMMIT


def test_without_git_the_release_alone(tmp_path: Path) -> None:
    assert release._checked_out(tmp_path) == ""
    assert release.build().split("+")[0] == __version__
