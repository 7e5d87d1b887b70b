"""A copy of the running torch's compiler that can be changed, and examined by the doctor."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import torch

__all__ = ["Copy"]

ROOT = Path(__file__).parents[2]
TORCH = Path(str(torch.__file__)).parent


class Copy:
    """A torch whose compiler is a copy; all else are links.

    Args:
        where: an empty folder; what is imported with it before others on the path is the copy.
        version: what it says it is.
    """

    def __init__(self, where: Path, version: str) -> None:
        self.where = where
        self.dynamo = where / "torch" / "_dynamo"
        self.dynamo.parent.mkdir()
        for file in TORCH.iterdir():
            if file.name not in ("_dynamo", "version.py", "__pycache__"):
                (self.dynamo.parent / file.name).symlink_to(file)
        # with what Python made of each file, which it takes as long as the file is as it was
        shutil.copytree(TORCH / "_dynamo", self.dynamo)
        text = re.sub(
            r"^__version__ = .*$",
            f"__version__ = '{version}'",
            (TORCH / "version.py").read_text(),
            flags=re.MULTILINE,
        )
        (self.dynamo.parent / "version.py").write_text(text)

    def edit(self, file: str, before: str, after: str) -> None:
        """Put something in the place of what stands in a file, at the first place."""
        text = (self.dynamo / file).read_text()
        assert before in text, f"{file} has no {before}"
        (self.dynamo / file).write_text(text.replace(before, after, 1))

    def rename(self, name: str, other: str) -> None:
        """Give something another name wherever the compiler has it, as torch does."""
        for file in self.dynamo.rglob("*.py"):
            text = file.read_text()
            if name in text:
                file.write_text(re.sub(rf"\b{name}\b", other, text))

    def doctor(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the doctor on it."""
        path = os.pathsep.join([str(self.where), str(ROOT)])
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "vartrack", "doctor", *options],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
