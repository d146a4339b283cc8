"""`python -m rag.runtime.bytecode`: compiles what the commands import, code and expressions, once, when it is installed.

uv compiles nothing, and where Python is told not to write what it has compiled (`PYTHONDONTWRITEBYTECODE`), each command
would compile all of it anew: a third of the time of one that asks a question.
"""

from __future__ import annotations

import ast
import compileall
import importlib.util
import pkgutil
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import _lru_cache_wrapper
from inspect import signature
from pathlib import Path
from types import ModuleType

from rag.runtime import patterns

OURS = ("rag", "ingest", "api", "eval", "xiansou")
THEIRS = (
    "alembic", "annotated_types", "anyio", "fastapi", "httpx", "jinja2", "numpy", "onnxruntime", "orjson", "pydantic",
    "pydantic_core", "redis", "sqlalchemy", "sse_starlette", "starlette", "structlog", "tantivy", "tokenizers", "typer",
    "typing_extensions", "uvicorn",
)  # fmt: skip
_ASKED = ("rag.text", "rag.search", "rag.answering")


def compile_all() -> int:
    """How many packages were compiled; what is compiled already costs nothing, and what cannot be written is left."""
    done = 0
    for name in (*THEIRS, *OURS):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        path = Path(spec.origin)
        if path.name == "__init__.py":
            done += bool(compileall.compile_dir(path.parent, quiet=2, workers=0))
        else:
            done += bool(compileall.compile_file(path, quiet=2))
    return done


def compile_expressions() -> None:
    """Those of every module that a question may need; what an extra would need and is not installed is left."""
    patterns.place().unlink(missing_ok=True)
    patterns.begin()
    for name in ("rag.wiring", *_below(_ASKED)):
        with suppress(ImportError):
            module = importlib.import_module(name)
            _fill(module)
            _compile_literals(Path(module.__file__ or ""))
    patterns.keep(always=True)


def _fill(module: ModuleType) -> None:
    """Makes the module's tables of its own files, which hold expressions, too: what is cached and needs no argument."""
    for value in list(vars(module).values()):
        if isinstance(value, _lru_cache_wrapper) and value.__module__ == module.__name__ and not signature(value).parameters:
            value()


def _compile_literals(source: Path) -> None:
    """Expressions that functions hand to `re` where they need them, `re.sub(r"\\s", …)`; those without flags."""
    for call in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        match call:
            case ast.Call(ast.Attribute(ast.Name("re")), [ast.Constant(str() as expression), *_], []):
                re.compile(expression)


def _below(packages: Sequence[str]) -> Iterator[str]:
    for package in packages:
        path = importlib.import_module(package).__path__
        yield from (module.name for module in pkgutil.walk_packages(path, f"{package}.", onerror=lambda _: None))


if __name__ == "__main__":
    compile_all()
    compile_expressions()
