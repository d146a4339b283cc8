"""What a disk holds when the power fails: built from the system calls of a process that ran under strace.

The model is POSIX at its word: the bytes of a file are safe after its fsync, a name after the fsync of its folder. What
is not safe may be lost, kept, or kept in part, sector by sector; which of these is chosen at random. SQLite's `-shm` is
shared memory and left out: it never survives a start.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TRACED = (
    "openat,write,pwrite64,writev,lseek,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "copy_file_range,sendfile,fallocate"
)
OPTIONS = ("-y", "-xx", "-s", "100000000", "-e", f"trace={TRACED}")
SECTOR = 512

_LINE = re.compile(r"^(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)")
_UNFINISHED = re.compile(r"^(\d+)\s+(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+)\s+<\.\.\. \w+ resumed>(.*)$")
_HEX = re.compile(r"((?:\\x[0-9a-f]{2})+)")


@dataclass(frozen=True, slots=True)
class Event:
    """A system call that changed or secured something. `path` is absolute; `to` the new name of a rename."""

    call: str
    path: str
    data: bytes = b""
    at: int = 0  # offset or length
    to: str = ""


@dataclass
class File:
    safe: bytes = b""
    now: bytearray = field(default_factory=bytearray)
    writes: list[tuple[int, bytes]] = field(default_factory=list)  # since the last fsync; a negative offset cuts to that length

    def write(self, at: int, data: bytes) -> None:
        self.now.extend(bytes(max(0, at + len(data) - len(self.now))))
        self.now[at : at + len(data)] = data
        self.writes.append((at, data))

    def cut(self, length: int) -> None:
        del self.now[length:]
        self.now.extend(bytes(length - len(self.now)))
        self.writes.append((-1 - length, b""))

    def sync(self) -> None:
        self.safe, self.writes = bytes(self.now), []

    def after_loss(self, keep: float, rng: random.Random) -> bytes:
        """`keep`: chance that an unsynced sector reached the disk."""
        left = File(now=bytearray(self.safe))
        for at, data in self.writes if keep else ():
            if at < 0:
                if rng.random() < keep:
                    left.cut(-1 - at)
                continue
            for start in range(0, len(data), SECTOR):
                if rng.random() < keep:
                    left.write(at + start, data[start : start + SECTOR])
        return bytes(left.now)


@dataclass
class Folder:
    now: dict[str, File | Folder] = field(default_factory=dict)
    safe: dict[str, File | Folder] = field(default_factory=dict)

    def sync(self) -> None:
        self.safe = dict(self.now)


class Disk:
    """Everything below `root`, safe as it stands when the object is made."""

    def __init__(self, root: Path):
        self.root, self.top = str(root), self._read(root)

    @classmethod
    def of(cls, content: Path, root: Path) -> Disk:
        """As if `content` stood at `root`."""
        disk = cls(content)
        disk.root = str(root)
        return disk

    def _read(self, path: Path) -> Folder:
        folder = Folder()
        for child in path.iterdir():
            if child.is_dir():
                folder.now[child.name] = self._read(child)
            elif not child.name.endswith(("-shm", ".lock")):
                content = child.read_bytes()
                folder.now[child.name] = File(content, bytearray(content))
        folder.sync()
        return folder

    def apply(self, event: Event) -> None:
        """Ignores what is not below the root."""
        parent, name = self._find(event.path)
        if parent is None:
            return
        node = parent.now.get(name) if name else parent
        match event.call:
            case "create":
                parent.now.setdefault(name, File())
            case "mkdir":
                parent.now[name] = Folder()
            case "remove":
                parent.now.pop(name, None)
            case "rename":
                target, new = self._find(event.to)
                assert target is not None and node is not None
                del parent.now[name]
                target.now[new] = node
            case "sync" if node is not None:
                node.sync()
            case "write" if isinstance(node, File):
                node.write(event.at, event.data)
            case "append" if isinstance(node, File):
                node.write(len(node.now), event.data)
                if name == "journal.jsonl":  # its reader is not on this machine: what was told is told
                    node.sync()
            case "cut" if isinstance(node, File):
                node.cut(event.at)

    def _find(self, path: str) -> tuple[Folder | None, str]:
        if path == self.root:
            return self.top, ""
        if not path.startswith(f"{self.root}/") or path.endswith("-shm"):
            return None, ""
        *folders, name = path.removeprefix(f"{self.root}/").split("/")
        at = self.top
        for part in folders:
            found = at.now.get(part)
            if not isinstance(found, Folder):
                return None, ""
            at = found
        return at, name

    def lose(self, target: Path, rng: random.Random) -> None:
        """Writes what may be left after a power cut now: every third time the least that POSIX allows."""
        keep = rng.choice((0.0, 0.5, 0.95))
        self._lose(self.top, target, keep, names=rng.random() < keep, rng=rng)

    def _lose(self, folder: Folder, target: Path, keep: float, *, names: bool, rng: random.Random) -> None:
        target.mkdir(exist_ok=True)
        for name, node in (folder.now if names else folder.safe).items():
            if isinstance(node, Folder):
                self._lose(node, target / name, keep, names=names, rng=rng)
            else:
                (target / name).write_bytes(node.after_loss(keep, rng))

    def flush(self, target: Path) -> None:
        """Writes what programs see now."""

        def put(folder: Folder, at: Path) -> None:
            at.mkdir(exist_ok=True)
            for name, node in folder.now.items():
                put(node, at / name) if isinstance(node, Folder) else (at / name).write_bytes(node.now)

        put(self.top, target)


@dataclass(frozen=True, slots=True)
class Call:
    """A line of strace: arguments as text, the descriptors' and the quoted paths among them."""

    thread: str
    name: str
    told: str
    result: int

    @property
    def descriptor(self) -> str:
        found = re.match(r"(\d+)<", self.told)
        return found[1] if found else ""

    @property
    def opened(self) -> str:
        """Path of the first descriptor; empty without one."""
        found = re.search(r"(?:^|, )\w+<([^>]*)>", self.told)
        return _plain(found[1]) if found else ""

    @property
    def quoted(self) -> list[str]:
        return [_plain(text) for text in re.findall(r'"([^"]*)"', self.told)]

    @property
    def last(self) -> int:
        return int(self.told.rpartition(", ")[2], 0)

    @property
    def path(self) -> str:
        """Of a call with a folder and a name."""
        return os.path.normpath(os.path.join(self.opened, self.quoted[0]))

    @property
    def data(self) -> bytes:
        found = re.search(r'"((?:\\x[0-9a-f]{2})*)"', self.told)
        assert found
        return bytes.fromhex(found[1].replace("\\x", ""))[: self.result]


def events(log: Path) -> Iterator[Event]:
    """Of a strace with `OPTIONS` and `-f`, in their order. Raises ValueError for a call that the model does not know."""
    places: dict[tuple[str, str], int] = {}  # (thread, descriptor) → position for plain writes; none: at the end
    for call in _calls(log):
        if call.result < 0:
            continue
        if call.name in ("openat", "write", "lseek"):
            yield from _positioned(call, places)
        else:
            yield _event(call)


def _positioned(call: Call, places: dict[tuple[str, str], int]) -> Iterator[Event]:
    key = (call.thread, call.descriptor)
    if call.name == "openat":
        places.pop((call.thread, str(call.result)), None)
        if "O_APPEND" not in call.told:
            places[call.thread, str(call.result)] = 0
        if "O_CREAT" in call.told:
            yield Event("create", call.path)
        if "O_TRUNC" in call.told:
            yield Event("cut", call.path)
    elif key not in places:
        if call.name == "write":
            yield Event("append", call.opened, call.data)
    elif call.name == "lseek":
        places[key] = call.result
    else:
        yield Event("write", call.opened, call.data, places[key])
        places[key] += call.result


def _event(call: Call) -> Event:
    match call.name:
        case "pwrite64":
            return Event("write", call.opened, call.data, call.last)
        case "ftruncate":
            return Event("cut", call.opened, at=call.last)
        case "fsync" | "fdatasync":
            return Event("sync", call.opened)
        case "rename":
            return Event("rename", call.quoted[0], to=call.quoted[1])
        case "renameat" | "renameat2":
            folders = [_plain(one) for one in re.findall(r"\w+<([^>]*)>", call.told)]
            old, new = (os.path.normpath(os.path.join(*pair)) for pair in zip(folders, call.quoted, strict=True))
            return Event("rename", old, to=new)
        case "mkdirat":
            return Event("mkdir", call.path)
        case "unlink" | "rmdir" | "unlinkat":
            return Event("remove", call.path)
        case "mkdir":
            return Event("mkdir", call.quoted[0])
    raise ValueError(f"no model of {call.name}({call.told[:200]})")


def _calls(log: Path) -> Iterator[Call]:
    pending: dict[str, str] = {}
    for line in log.read_text().splitlines():
        if cut := _UNFINISHED.match(line):
            pending[cut[1]] = cut[2]
            continue
        if rest := _RESUMED.match(line):
            line = f"{rest[1]} {pending.pop(rest[1], '')}{rest[2]}"
        if found := _LINE.match(line):
            yield Call(found[1], found[2], found[3], int(found[4]))


def _plain(text: str) -> str:
    return _HEX.sub(lambda m: bytes.fromhex(m[1].replace("\\x", "")).decode(errors="replace"), text)
