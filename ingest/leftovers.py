"""Files of a folder that are no documents: what editors and systems leave behind, programs, media, a site's own machinery."""

from __future__ import annotations

import fnmatch
from collections import Counter
from dataclasses import dataclass, field

_LEFT = tuple(
    "*~ #*# *.bak *.bak[0-9] *.orig *.rej *.swp *.swo *.swn *.tmp *.temp *.part *.crdownload *.download ~$* thumbs.db"
    " ehthumbs.db desktop.ini *.lock *.lck lock.* *.pid".split()
)
_MACHINERY = frozenset(
    "mkdocs.yml mkdocs.yaml _config.yml conf.py package.json package-lock.json tsconfig.json sidebars.js docusaurus.config.js"
    " docusaurus.config.ts book.toml book.json antora.yml yarn.lock pnpm-lock.yaml requirements.txt makefile dockerfile cname"
    " robots.txt objects.inv searchindex.js exportdescriptor.properties".split()
)
_KINDS = frozenset(
    "css scss sass less js mjs cjs ts jsx tsx map vue svelte py pyc pyo rb php go rs java class jar kt c h cpp hpp cs swift"
    " sh bash bat cmd ps1 exe dll so dylib o a lib obj msi dmg iso img apk ipa deb rpm db sqlite sqlite3 mdb accdb"
    " mp3 wav flac ogg m4a aac mp4 m4v avi mov mkv webm wmv flv woff woff2 ttf otf eot ico cur icns psd ai eps sketch fig xd"
    " dwg dxf stl obj 3ds blend svg url webloc lnk torrent gpg pgp asc.sig pem crt cer p12 pfx".split()
)


@dataclass(slots=True)
class LeftOut:
    """What was passed over in folders, for a summary."""

    leftovers: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    repeated: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, list[str]]:
        """By kind, as a document's own `left_out`."""
        kinds = [f"{count} {name}" for name, count in sorted(self.others.items())]
        lists = {
            "leftovers of editors and systems": self.leftovers,
            "files of no document format": kinds,
            "the same name in another normal form": self.repeated,
            "removed by hand and unchanged since": self.removed,
        }
        return {kind: what for kind, what in lists.items() if what}


def is_leftover(name: str) -> bool:
    lower = name.lower()
    return any(fnmatch.fnmatchcase(lower, pattern) for pattern in _LEFT)


def is_other(name: str) -> bool:
    """Whether a file is of a kind that no reader takes for a document."""
    lower = name.lower()
    return lower in _MACHINERY or (("." in lower) and lower.rpartition(".")[2] in _KINDS)


def passed_over(name: str, left_out: LeftOut) -> bool:
    """Whether a file is left out, and notes it."""
    if is_leftover(name):
        left_out.leftovers.append(name)
        return True
    if is_other(name):
        left_out.others[f".{name.rpartition('.')[2]}" if "." in name else name] += 1
        return True
    return False
