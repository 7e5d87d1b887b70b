"""Checks the types of the Python code in README.md and in all pages of the docs, with mypy.

    python .ci/snippets.py [PAGE ...]

Each section (a heading ``##`` and what is below it) is a module of its own in build/snippets, after
what the page has before its first section. The README is one program. Lines keep their numbers, so
that what mypy says of a module can be said of the page. Readers' code needs no annotations.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build" / "snippets"
#: Pages whose sections go on where the one before ended.
ONE_PROGRAM = {"README.md"}
#: Of readers less is asked than of the package.
OPTIONS = [
    "--cache-dir=build/mypy-snippets",  # the other options would empty the cache of the package
    "--allow-untyped-defs",
    "--allow-incomplete-defs",
    "--allow-untyped-calls",
    "--allow-untyped-decorators",
    "--check-untyped-defs",
    "--allow-redefinition",
    "--no-strict-optional",  # what is None after all fails when the tests run the code
    "--disable-error-code=var-annotated",
]


def sections(page: Path) -> Iterator[str]:
    """The Python code of each section that has some, each line where the page has it."""
    text = page.read_text(encoding="utf-8")
    prelude: list[tuple[int, str]] = []
    found = [prelude]
    whole = page.relative_to(ROOT).as_posix() in ONE_PROGRAM
    for token in MarkdownIt().parse(text):
        if token.type == "heading_open" and token.tag == "h2" and not whole:
            found.append([])
        if token.type == "fence" and token.info.split()[:1] == ["python"]:
            assert token.map is not None
            found[-1].append((token.map[0] + 1, token.content))
    first, *others = found
    for blocks in [first + section for section in others if section] or [first]:
        if blocks:
            yield laid_out(blocks)


def laid_out(blocks: list[tuple[int, str]]) -> str:
    """The blocks in one text, each from its line on."""
    lines: list[str] = []
    for line, content in blocks:
        lines += [""] * (line - len(lines)) + content.splitlines()
    return "\n".join(lines) + "\n"


def write(pages: list[Path]) -> dict[str, str]:
    """Make a module of each section; from its path to the page's."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    origins = {}
    for page in pages:
        name = page.relative_to(ROOT)
        for number, code in enumerate(sections(page)):
            stem = re.sub(r"\W+", "_", str(name.with_suffix("")).lower())
            module = FOLDER / f"{stem}_{number}.py"
            module.write_text(code, encoding="utf-8")
            origins[module.relative_to(ROOT).as_posix()] = name.as_posix()
    return origins


def main() -> int:
    given = [Path(name).resolve() for name in sys.argv[1:]]
    origins = write(given or [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))])
    if not origins:
        print("there is no Python code in these pages")
        return 0
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *OPTIONS, *origins],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    # the same line of a prelude is in many modules
    for line in dict.fromkeys(done.stdout.splitlines()):
        path, colon, rest = line.partition(":")
        print(origins.get(path, path) + colon + rest)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
