"""What a known release was like: one file each in ``compat/known/``, written by ``--record``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.version import Version

from vartrack.compat import release
from vartrack.compat.release import KNOWN, folder, minor
from vartrack.doctor.branches import Branch

__all__ = [
    "FOLDER",
    "Evidence",
    "files_of",
    "is_as_known",
    "nearest",
    "read",
    "same_files",
    "write",
]

#: Where the evidence lies.
FOLDER: Path = Path(__file__).parents[1] / "compat" / "known"


@dataclass
class Evidence:
    """What was found on one release.

    Attributes:
        release: the release, such as ``"2.14.1"``.
        files: from each file of torch that matters to a fingerprint of it.
        found: from each name that vartrack looks for to where it was; names that were nowhere are
            left out. Attributes, which are read of torch's objects, begin with a dot.
        findings: the keys of what is missing there, and is not needed there.
        branches: the branches of its builder, in order.
        texts: what is told as a text, such as the fields of a dataclass: by what kind of thing it
            is, and its name.
    """

    release: str
    files: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)


def path_of(release: str) -> Path:
    """The file of a release."""
    return FOLDER / f"{minor(release)}.json"


def read(release: str) -> Evidence | None:
    """The evidence of a known release; None if there is none."""
    file = path_of(release)
    if not file.is_file():
        return None
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    branches = [
        Branch(function, test, body, tuple(names))
        for function, test, body, names in data.pop("branches")
    ]
    return Evidence(branches=branches, **data)


def write(evidence: Evidence) -> Path:
    """Write the evidence of a release, and say where.

    Raises:
        OSError: the package lies where nothing can be written.
    """
    file = path_of(evidence.release)
    branches = [
        json.dumps([one.function, one.test, one.body, list(one.names)]) for one in evidence.branches
    ]
    data = {
        "release": evidence.release,
        "files": evidence.files,
        "found": evidence.found,
        "findings": evidence.findings,
        "texts": evidence.texts,
    }
    text = json.dumps(data, indent=1)[:-2]  # without the closing brace
    file.write_text(f'{text},\n "branches": [\n  ' + ",\n  ".join(branches) + "\n ]\n}\n")
    return file


def nearest(version: Version, without: Iterable[str] = ()) -> Evidence | None:
    """The evidence of the known release that is nearest to ``version``."""
    skipped = {minor(one) for one in without}
    known = (one for one in KNOWN if minor(one) not in skipped and path_of(one).is_file())
    found = release.nearest(version, known)
    return None if found is None else read(found)


def files_of(torch: Path) -> dict[str, str]:
    """From each file of the installed torch that vartrack relies on to a fingerprint of it."""
    files = [*sorted((torch / "_dynamo").rglob("*.py")), *(torch / name for name in _OTHERS)]
    return {
        file.relative_to(torch).as_posix(): _fingerprint(file) for file in files if file.is_file()
    }


#: Files outside of ``_dynamo`` that vartrack imports from.
_OTHERS = (
    "_guards.py",
    "_library/fake_class_registry.py",
    "_library/opaque_object.py",
    "_subclasses/fake_tensor.py",
    "_subclasses/meta_utils.py",
    "fx/experimental/_dynamism.py",
    "fx/experimental/dynamic_spec.py",
    "fx/experimental/proxy_tensor.py",
    "fx/experimental/symbolic_shapes.py",
    "fx/proxy.py",
)


def _fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def is_as_known() -> bool:
    """Whether the running torch is a patch release that differs from a known one in nothing.

    Only in files that vartrack does not rely on, that is. A development build is not asked.
    """
    torch = folder()
    if torch is None or release.is_own_build():
        return False
    base = nearest(release.RUNNING)
    if base is None or minor(base.release) != minor(release.RUNNING):
        return False
    return same_files(torch, base)


def same_files(torch: Path, evidence: Evidence) -> bool:
    """Whether all files that matter are in ``torch`` as they were, and no others."""
    try:
        return bool(evidence.files) and files_of(torch) == evidence.files
    except OSError:
        return False
