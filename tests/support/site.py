"""What the built documentation site needs besides: a search that cuts Chinese into words.

Zensical 0.0.73 takes the language of the search from `theme.language` alone, and its search cuts Chinese (by the browser's own
`Intl.Segmenter`) only where that is `zh`; else a word is found only where a run of Chinese begins. English works as before.

python -m tests.support.site FOLDER      `make docs` does it after the build
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def search_in_chinese(site: Path) -> None:
    """Names Chinese as the language of the site's search. Raises KeyError when the file has another shape."""
    file = site / "search.json"
    index = json.loads(file.read_text(encoding="utf-8"))
    index["config"]["lang"][:] = ["zh"]
    file.write_text(json.dumps(index, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    search_in_chinese(Path(sys.argv[1]))
