"""Builds the sdist and the wheel, looks at them, and runs the main job from the wheel alone.

    python .ci/wheel.py    # in an environment with build and twine

Both go to build/dist. The wheel is installed in a fresh virtual environment, and ``python -m
vartrack explain`` runs there on a copy of the example, in a folder that has nothing else in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).parent.parent
DIST = ROOT / "build" / "dist"
TORCH = "torch==2.13.0"
#: What pytest loads, and what the page of an explanation is made of.
PLUGIN = "pytest_vartrack.py"
PAGE = (".j2", ".css", ".js")


def run(*command: str | Path, **more: Any) -> str:
    """Run ``command``; what it printed. A failure is shown and ends all."""
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, text=True, **more
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed: {' '.join(map(str, command))}")
    return done.stdout


def build() -> tuple[Path, Path]:
    """The wheel and the sdist; the wheel is made from the sdist, which so is complete."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", DIST, ROOT)
    (wheel,) = DIST.glob("*.whl")
    (sdist,) = DIST.glob("*.tar.gz")
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
    return wheel, sdist


def strangers(wheel: Path) -> list[str]:
    """What does not belong in the wheel: all but the package, the plugin of pytest beside it, and
    what makes pages of the docs."""
    found = []
    with zipfile.ZipFile(wheel) as archive:
        for path in map(PurePosixPath, archive.namelist()):
            top = path.parts[0]
            if top.endswith(".dist-info"):
                continue
            makes_docs = b"> docs/" in archive.read(str(path))  # as the docstrings of these say
            ours = top == "vartrack" and path.suffix in (".py", ".typed", *PAGE)
            if not (ours or top == PLUGIN) or makes_docs:
                found.append(str(path))
    return found


def missing(wheel: Path, sdist: Path) -> list[str]:
    """What should be in the two and is not."""
    with zipfile.ZipFile(wheel) as archive:
        built = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    package = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("vartrack/**/*.py")}
    package |= {
        path.relative_to(ROOT).as_posix()
        for suffix in PAGE
        for path in ROOT.glob(f"vartrack/**/*{suffix}")
    }
    package |= {"vartrack/py.typed", PLUGIN}
    beside = {"LICENSE", "README.md", "CHANGELOG.md", "tests/conftest.py", "docs/conf.py"}
    return sorted((package - built) | ((package | beside) - shipped))


def main_job(wheel: Path) -> None:
    """Run the example on the installed wheel, out of reach of this checkout."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        fresh, elsewhere = Path(folder, "venv"), Path(folder, "elsewhere")
        venv.create(fresh, with_pip=True)
        python = fresh / ("Scripts" if os.name == "nt" else "bin") / "python"
        run(python, "-m", "pip", "install", "--quiet", TORCH, wheel, env=environ)
        elsewhere.mkdir()
        shutil.copy(ROOT / "examples" / "encoder.py", elsewhere)
        here: dict[str, Any] = {"cwd": elsewhere, "env": environ}
        where = run(python, "-c", "import vartrack; print(vartrack.__file__)", **here)
        assert Path(where.strip()).is_relative_to(fresh), where
        printed = run(python, "-m", "vartrack", "explain", "encoder.py", **here)
        (told,) = (line for line in printed.splitlines() if "% built by vartrack" in line)
        print(told)


def main() -> None:
    wheel, sdist = build()
    main_job(wheel)
    for what, names in (
        ("does not belong in the wheel", strangers(wheel)),
        ("is not in the wheel or the sdist", missing(wheel, sdist)),
    ):
        if names:
            sys.exit(f"{what}: {', '.join(names)}")
    print(f"{wheel.name} and {sdist.name} are in {DIST.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
