"""Text in pictures, by the program `tesseract` when it is installed.

Languages: simplified Chinese and English, whichever of them it has. The time for one document is limited: pages that do
not fit into it are named as not read, so that a long scan still gives its first pages.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ingest.parse.normal import normalise
from ingest.parse.pdflines import join
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

PROGRAM = "tesseract"
_WANTED = ("chi_sim", "eng")
_PIXELS = 40_000_000  # larger pictures are made smaller
_SHORT_SIDE = 1000  # pixels under which a picture is enlarged: letters of 10 pixels are not recognised
_CONFIDENCE = 40.0  # of 100: what is less certain is a drawing's lines
_BUDGET_S = 20.0  # for one document where nobody says otherwise
_FULL = 0.85  # share of the paragraph's width
_HAN_SPACE = re.compile(r"(?<=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]) (?=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])")


_until: ContextVar[float | None] = ContextVar("until", default=None)


def allow(seconds: float) -> None:
    """Pictures of the next document may take so many seconds in all; 0: none is read."""
    _until.set(time.monotonic() + seconds if seconds > 0 else 0.0)


def left() -> float:
    """Seconds that are left for pictures of this document."""
    until = _until.get()
    return _BUDGET_S if until is None else until - time.monotonic()


def available() -> bool:
    """Whether pictures can be read here."""
    return _until.get() != 0.0 and bool(languages())


@cache
def languages() -> str:
    """`chi_sim+eng`, or what of it is there; '' without tesseract."""
    if shutil.which(PROGRAM) is None:
        return ""
    try:
        done = subprocess.run([PROGRAM, "--list-langs"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    there = set(done.stdout.split())
    return "+".join(language for language in _WANTED if language in there)


def needs_ocr(what: str) -> ParseError:
    """The error for a document of pictures alone, with what would help here."""
    fix = (
        "Its letters could not be recognised: send a sharper scan, or the text."
        if available()
        else "Install tesseract (with its language chi_sim), or run it through OCR and send the result."
    )
    return ParseError(what, code="needs_ocr", fix=fix)


def too_slow() -> ParseError:
    return ParseError(
        "Its picture could not be read in time.", code="timeout", fix="Raise `parsing.timeout_s`, or send a smaller scan."
    )


def parse_picture(content: bytes) -> Parsed:
    """Parses a picture; each frame of a TIFF is a page.

    Raises:
        ParseError: `broken` when it is no picture, `needs_ocr` without tesseract or when it reads nothing, `timeout`.
    """
    from PIL import Image, ImageSequence, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the sandbox limits memory; a warning would be an error
    try:
        picture = Image.open(io.BytesIO(content))
        picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as exc:
        raise ParseError("The picture is damaged.", code="broken", fix="Save it again.") from exc
    if not available():
        raise needs_ocr("The file is an image.")
    writer, missed = Writer(), list[int]()
    frames = getattr(picture, "n_frames", 1)
    for number, frame in enumerate(ImageSequence.Iterator(picture), 1):
        paragraphs = read(frame)
        if paragraphs is None:
            missed.append(number)
        writer.fields = {"page": str(number)} if frames > 1 else {}
        for text in paragraphs or ():
            writer.block(text)
    parsed = writer.parsed({"ocr": True} | ({"pages_without_text": missed} if missed else {}))
    if not parsed.blocks:
        raise too_slow() if missed else needs_ocr("The file is an image.")
    return parsed


def read(picture: Any) -> list[str] | None:
    """Paragraphs in a Pillow picture, in reading order; None when there was no time left for it."""
    if left() <= 0.5:
        return None
    with tempfile.TemporaryDirectory(prefix="ocr-") as folder:
        path = Path(folder) / "page.png"
        _prepared(picture).save(path, compress_level=1)
        table = _recognise(path)
    return None if table is None else list(_paragraphs(table))


def _prepared(picture: Any) -> Any:
    """In grey, upright as the camera says, neither too large nor too small."""
    from PIL import Image, ImageOps

    with suppress(Exception):  # damaged notes about the camera
        picture = ImageOps.exif_transpose(picture)
    if picture.mode in ("RGBA", "LA", "P"):
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    picture = picture.convert("L")
    scale = (_PIXELS / (picture.width * picture.height)) ** 0.5
    if scale >= 1:
        scale = min(scale, 2.0) if min(picture.size) < _SHORT_SIDE else 1.0
    return picture if scale == 1.0 else picture.resize((int(picture.width * scale), int(picture.height * scale)))


def _recognise(path: Path, mode: str = "1") -> str | None:
    """tesseract's table of words. Mode 1 looks for the page's rotation first, for which its language `osd` is needed."""
    command = [PROGRAM, str(path), "stdout", "-l", languages(), "--psm", mode, "--dpi", "200", "tsv"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=max(0.5, left()), check=False, env={**os.environ, "OMP_THREAD_LIMIT": "1"}
        )
    except subprocess.TimeoutExpired:
        return None
    except OSError:
        return ""
    if done.returncode and mode == "1":
        return _recognise(path, "3")
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


@dataclass(slots=True)
class _Line:
    words: list[str]
    left: int
    right: int


def _paragraphs(table: str) -> Iterator[str]:
    paragraphs: dict[tuple[str, str, str], dict[str, _Line]] = {}
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip() or float(cells[10]) < _CONFIDENCE:
            continue
        lines = paragraphs.setdefault((cells[1], cells[2], cells[3]), {})  # page, block, paragraph
        x, right = int(cells[6]), int(cells[6]) + int(cells[8])
        line = lines.setdefault(cells[4], _Line([], x, right))
        line.words.append(cells[11].strip())
        line.left, line.right = min(line.left, x), max(line.right, right)
    for lines in paragraphs.values():
        text = _HAN_SPACE.sub("", normalise(_joined(list(lines.values()))))
        if any(char.isalnum() for char in text):
            yield text


def _joined(lines: Sequence[_Line]) -> str:
    """Lines that fill the paragraph's width go on in the next one; a short line ends there, as in a list or an address."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    text, full = "", False
    for line in lines:
        words = " ".join(line.words)
        text = join(text, words) if full else f"{text}\n{words}" if text else words
        full = line.right - left > (right - left) * _FULL
    return text
