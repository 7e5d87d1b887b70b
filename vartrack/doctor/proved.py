"""Which torch passed ``doctor --prove`` on this machine: written down, and asked by `install`."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vartrack._version import __version__
from vartrack.compat import release
from vartrack.compat.release import folder

__all__ = ["is_proved", "path", "remember"]

_PACKAGE = Path(__file__).parents[1]


def path() -> Path:
    """The file in which it is written down.

    Raises:
        OSError: the user has no home, and ``XDG_STATE_HOME`` is not set.
    """
    state = os.environ.get("XDG_STATE_HOME")
    if state:
        return Path(state) / "vartrack" / "proved.json"
    try:
        return Path.home() / ".local" / "state" / "vartrack" / "proved.json"
    except RuntimeError as error:
        raise OSError(f"there is no home, and XDG_STATE_HOME is not set ({error})") from None


def _digest(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(f"{file.name}\0".encode())
        whole.update(file.read_bytes())
    return whole.hexdigest()


def _this() -> str:
    """What tells this very torch, with this very vartrack, from all others.

    All files of the compiler count, whatever they are: torch may come compiled.

    Raises:
        OSError: the files of torch cannot be read.
    """
    torch = folder()
    parts = [file for file in (torch / "_dynamo").rglob("*") if file.is_file()] if torch else []
    parts = [file for file in parts if "__pycache__" not in file.parts]
    if torch is None or not parts:
        raise OSError("the files of torch._dynamo cannot be read")
    beside = (torch / "_guards.py", *(torch / "fx" / "experimental").glob("*.py"))
    parts += [file for file in beside if file.is_file()]
    theirs, ours = _digest(parts), _digest(_PACKAGE.rglob("*.py"))
    return f"torch {release.RUNNING} {theirs} vartrack {__version__} {ours}"


def _read() -> dict[str, Any]:
    try:
        found = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_proved() -> bool:
    """Whether exactly this torch passed, with exactly this vartrack."""
    known = _read()
    try:
        return bool(known) and _this() in known
    except OSError:
        return False


def remember(builds: int) -> Path:
    """Write down that this torch passed, and say where.

    Args:
        builds: how many builds were compared.

    Raises:
        OSError: the files of torch cannot be read, or the file cannot be written.
    """
    file = path()
    known = {**_read(), _this(): builds}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return file
