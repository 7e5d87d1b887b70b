"""The figures of a benchmark in a file, with all that they depend on, so that later ones compare.

A script makes `Figures` when it starts, fills ``rows``, and writes them where ``--json`` says.
``compare.py`` holds two such files against each other. Those to be kept go to ``results/``.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
from pathlib import Path
from typing import Any, Literal

import msgspec

ROOT = Path(__file__).parent.parent


class Refused(Exception):
    """A file that cannot be read or compared. The message is for people."""


class Vartrack(msgspec.Struct, forbid_unknown_fields=True):
    """Which vartrack was measured."""

    version: str
    commit: str | None
    #: whether tracked files were other than the commit's; the commit is not what ran then
    changed: bool


class Machine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where it ran."""

    cpu: str
    cores: int
    system: str

    def __str__(self) -> str:
        return f"{self.cpu} with {self.cores} cores, {self.system}"


class Figures(msgspec.Struct, forbid_unknown_fields=True):
    """What one run of a benchmark found."""

    benchmark: str
    #: what it was asked for, such as the number of runs
    settings: dict[str, int | str]
    date: datetime.datetime
    torch: str
    python: str
    vartrack: Vartrack
    machine: Machine
    #: load averages over 1, 5 and 15 minutes when it began; what it adds itself is not in them
    load: tuple[float, float, float] | None
    #: from the name of a row to its numbers by column; less is better
    rows: dict[str, dict[str, float]] = {}
    #: which other packages were measured; None is one that was asked for and is not installed
    packages: dict[str, str | None] = {}
    format: Literal["vartrack figures 1"] = "vartrack figures 1"


def begin(benchmark: str, **settings: int | str) -> Figures:
    """Figures without rows yet, with the circumstances of this moment."""
    import torch

    import vartrack

    return Figures(
        benchmark=benchmark,
        settings=settings,
        date=datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0),
        torch=str(torch.__version__),  # a class of its own, which is no JSON
        python=platform.python_version(),
        vartrack=Vartrack(
            version=vartrack.__version__,
            commit=git("rev-parse", "HEAD"),
            changed=bool(git("status", "--porcelain", "--untracked-files=no")),
        ),
        machine=Machine(cpu=cpu(), cores=os.cpu_count() or 0, system=platform.system()),
        load=os.getloadavg() if hasattr(os, "getloadavg") else None,
    )


def git(*command: str) -> str | None:
    """What git says of this checkout; None if it is none."""
    try:
        done = subprocess.run(
            ["git", *command], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def cpu() -> str:
    """The model of the processor, as far as the system tells it."""
    info = Path("/proc/cpuinfo")  # on Linux `platform` knows no more than the architecture
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def write(figures: Figures, path: Path | None) -> None:
    """Write them to ``path``, if there is one."""
    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")


def read(path: Path) -> Figures:
    """The figures in a file that `write` made."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Figures)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path} has no figures of a benchmark: {error}") from None


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write the figures there too")


def new_file(text: str) -> Path:
    """A file that can be made. Asked before anything is measured, which takes long."""
    path = Path(text)
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{path.parent} is no folder")
    return path


def differences(old: Figures, new: Figures) -> list[str]:
    """What makes ratios of the two say nothing about vartrack."""
    facts: dict[str, tuple[Any, Any]] = {
        "machines": (old.machine, new.machine),
        "torch releases": (release(old.torch), release(new.torch)),
    }
    return [f"other {what}: {a} and {b}" for what, (a, b) in facts.items() if a != b]


def release(version: str) -> str:
    """A torch version without the build (``+cpu``)."""
    return version.partition("+")[0]
