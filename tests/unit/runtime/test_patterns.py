"""Expressions that are kept compiled are the same ones, and no text of a question or a document is kept."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rag.runtime.patterns import Patterns, place

EXPRESSIONS = [
    (r"(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d))?", 0, "on 2024-05-17 and 2023-11"),
    (r"(?:tea|咖啡|Ωmega)(?=s?\b)", re.IGNORECASE, "Teas, TEA, 咖啡 and ωmega"),
    (r"^\s*(\w+) = # name\n (.+)$", re.MULTILINE | re.VERBOSE, "a = 1\nb = 2"),
    (r"[^\W\d_]+(?<!x)", re.ASCII, "abc éx ax"),
    (r"(a)|(b)(c)?|[\U0001f600-\U0001f64f]", 0, "abc😀b"),
    (r"x{2,5}?y*+", re.DOTALL, "xxxxyy"),
]


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> object:
    """The compiler of `re`, as it was afterwards."""
    found = re._compiler  # type: ignore[attr-defined]
    for name in ("compile", "_sre"):
        monkeypatch.setattr(found, name, getattr(found, name))
    return found


def kept(path: Path, compiler: object, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as inner:
        for name in ("compile", "_sre"):
            inner.setattr(compiler, name, getattr(compiler, name))
        patterns = Patterns(path)
        patterns.begin()
        for expression, flags, _ in EXPRESSIONS:
            compiler.compile(expression, int(flags))  # type: ignore[attr-defined]
        patterns.keep(always=True)
        compiler.compile("what somebody asked", 0)  # type: ignore[attr-defined]


def test_a_kept_expression_is_the_one_that_was_compiled(
    tmp_path: Path, compiler: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path / "deep" / "x.patterns", compiler, monkeypatch)
    second = Patterns(tmp_path / "deep" / "x.patterns")
    monkeypatch.setattr(second, "_slow", None)  # nothing is compiled any more
    for expression, flags, text in EXPRESSIONS:
        known, own = second.compile(expression, int(flags)), re.compile(expression, flags)
        assert known == own
        assert (known.flags, known.groups, known.groupindex) == (own.flags, own.groups, own.groupindex)
        assert [one.groupdict() or one.groups() for one in known.finditer(text)] == [
            one.groupdict() or one.groups() for one in own.finditer(text)
        ]
        assert [one.span() for one in known.finditer(text)] == [one.span() for one in own.finditer(text)]
        assert known.sub(r"<\g<0>>", text) == own.sub(r"<\g<0>>", text)


def test_what_is_compiled_after_the_imports_is_not_kept(
    tmp_path: Path, compiler: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path / "x.patterns", compiler, monkeypatch)
    content = (tmp_path / "x.patterns").read_bytes()
    assert b"somebody asked" not in content
    assert b"month" in content
    assert [path.name for path in tmp_path.iterdir()] == ["x.patterns"]


@pytest.mark.parametrize("damage", [b"", b"nothing of ours", None])
def test_a_file_that_is_damaged_or_of_another_python_is_as_none(
    tmp_path: Path, compiler: object, monkeypatch: pytest.MonkeyPatch, damage: bytes | None
) -> None:
    path = tmp_path / "x.patterns"
    kept(path, compiler, monkeypatch)
    content = path.read_bytes()
    path.write_bytes(content.replace(sys.version[:6].encode(), b"2.7.18"[:6]) if damage is None else damage)
    assert Patterns(path).compile(r"\d+", 0).findall("1 22") == ["1", "22"]
    assert Patterns(path)._known == {}


def test_nothing_is_written_where_python_writes_no_bytecode_or_may_not(
    tmp_path: Path, compiler: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    patterns = Patterns(tmp_path / "x.patterns")
    patterns.begin()
    for n in range(100):
        compiler.compile(f"number {n}", 0)  # type: ignore[attr-defined]
    patterns.keep()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    unwritable = Patterns(tmp_path / "file" / "x.patterns")
    unwritable.begin()
    compiler.compile("one more", 0)  # type: ignore[attr-defined]
    unwritable.keep(always=True)  # without a word


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> list[set[tuple[str, int]]]:
    """What two installations keep; words in sets have another order in each."""
    program = """
import sys
sys.pycache_prefix = sys.argv[1]
from rag.runtime import bytecode, patterns
bytecode.compile_expressions()
print(patterns.place())
"""
    kept = []
    for seed in ("1", "2"):
        folder = tmp_path_factory.mktemp("pycache")
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder)],
            cwd=Path(__file__).parents[3],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        file = Path(done.stdout.strip())
        assert file.is_relative_to(folder) and file.name == place().name
        kept.append(set(Patterns(file)._known))
    return kept


def test_installation_keeps_what_a_question_needs(installed: list[set[tuple[str, int]]]) -> None:
    assert len(installed[0]) > 400
    assert (r"[\W_]+", 0) in installed[0], "what a function hands to `re` where it needs it"


def test_expressions_are_the_same_in_every_process(installed: list[set[tuple[str, int]]]) -> None:
    one, other = installed
    assert one == other


def test_an_expression_whose_code_is_damaged_is_compiled_anew(
    tmp_path: Path, compiler: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.patterns"
    kept(path, compiler, monkeypatch)
    patterns = Patterns(path)
    expression, flags, _ = EXPRESSIONS[0]
    own_flags, code, *rest = patterns._known[expression, flags]
    patterns._known[expression, flags] = (own_flags, b"\xff" * len(code), *rest)  # type: ignore[assignment]
    assert patterns.compile(expression, flags).search("in 2024-05")["month"] == "05"  # type: ignore[index]
