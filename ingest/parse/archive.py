"""Office files are zip archives: opened with limits, so that a small upload cannot fill the memory."""

from __future__ import annotations

import io
import zipfile

from rag.errors import ParseError

_TOTAL_LIMIT = 300 * 2**20
_RATIO_LIMIT = 200
_ENTRY_LIMIT = 10_000


def encrypted() -> ParseError:
    return ParseError(
        "The file is protected by a password.", code="encrypted", fix="Save it without the password and send it again."
    )


def open_archive(content: bytes) -> zipfile.ZipFile:
    """Opens a zip archive after a look at its directory.

    Raises:
        ParseError: `broken` when it is no archive, `encrypted`, `too_large` when it inflates to more than 300 MiB, 200 times
            its size (and more than 30 MiB), or 10,000 entries.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, EOFError) as exc:
        raise ParseError("The file is damaged or incomplete.", code="broken", fix="Save and send it again.") from exc
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise encrypted()
    total = sum(entry.file_size for entry in entries)
    bomb = total > _RATIO_LIMIT * max(1, len(content)) and total > _TOTAL_LIMIT // 10
    if total > _TOTAL_LIMIT or bomb or len(entries) > _ENTRY_LIMIT:
        raise ParseError(
            f"The file inflates to {total // 2**20} MiB in {len(entries)} parts.",
            code="too_large",
            fix="Split it, or leave out images and empty rows.",
        )
    return archive
