"""Checks the types of the Python code in README.md and in all pages of the docs, with mypy.

    python .ci/snippets.py [PAGE ...]

Each page is a module of its own in build/snippets, as the tests run it: from top to bottom, after
the code that the index of its folder has. Lines keep their numbers, so that what mypy says of a
module can be said of the page. Readers' code needs no annotations.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build" / "snippets"
#: Of readers less is asked than of the package.
OPTIONS = [
    "--follow-imports=silent",  # the package was checked under options of its own
    "--cache-dir=build/mypy-snippets",  # the other options would empty the cache of the package
    "--allow-untyped-defs",
    "--allow-incomplete-defs",
    "--allow-untyped-calls",
    "--allow-untyped-decorators",
    "--check-untyped-defs",
    "--allow-redefinition",
    "--implicit-reexport",  # an index hands on what it imports
    "--no-strict-optional",  # what is None after all fails when the tests run the code
    "--disable-error-code=var-annotated",
]


def code(page: Path) -> list[str]:
    """The lines of Python code, each where the page has it; none if there is no code."""
    lines: list[str] = []
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "fence" and token.info.split()[:1] == ["python"]:
            assert token.map is not None
            begin = token.map[0] + 1
            lines += [""] * (begin - len(lines)) + token.content.splitlines()
    return lines


def module(page: Path) -> str:
    """The name of a page's module."""
    return re.sub(r"\W+", "_", str(page.relative_to(ROOT).with_suffix("")).lower())


def write(pages: list[Path]) -> dict[str, str]:
    """Make a module of each page with code; from its path to the page's."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    origins = {}
    for page in pages:
        index = page.with_name("index.md")
        lines = code(page)
        if not lines:
            continue
        if index.exists() and index != page and code(index):
            lines[0] = f"from {module(index)} import *"  # never code: above it is a fence
        path = FOLDER / f"{module(page)}.py"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        origins[path.relative_to(ROOT).as_posix()] = page.relative_to(ROOT).as_posix()
    return origins


def main() -> int:
    every = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
    asked = {Path(name).resolve() for name in sys.argv[1:]} or set(every)
    if strangers := asked - set(every):
        sys.exit(f"no page of README and docs: {', '.join(map(str, strangers))}")
    origins = write(every)
    checked = [path for path, page in origins.items() if ROOT / page in asked]
    if not checked:
        print("there is no Python code in these pages")
        return 0
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *OPTIONS, *checked],
        cwd=ROOT,
        env=os.environ | {"MYPYPATH": str(FOLDER)},
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in done.stdout.splitlines():
        path, colon, rest = line.partition(":")
        print(origins.get(path, path) + colon + rest)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
