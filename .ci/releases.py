"""Checks that all files name the same releases of torch, and the same Pythons.

    python .ci/releases.py

What `vartrack.compat.KNOWN` lists has an environment in tox.ini, a line in the table of supported
releases and a file of evidence; setup.cfg asks for what the code says; every Python of the
classifiers has an environment; and what the README and the docs install is a known release.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent


def constant(name: str) -> object:
    """What ``vartrack/compat/release.py`` gives ``name``, read without importing it."""
    tree = ast.parse((ROOT / "vartrack/compat/release.py").read_text())
    for node in tree.body:
        if not isinstance(node, ast.AnnAssign) or node.value is None:
            continue
        if getattr(node.target, "id", "") == name:
            return ast.literal_eval(node.value)
    raise SystemExit(f"vartrack/compat/release.py has no {name}")


def config(file: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / file)
    return parser


def short(release: str) -> str:
    """``2.14`` for ``2.14.1``."""
    return ".".join(release.split(".")[:2])


def problems() -> Iterator[str]:
    known, supported = constant("KNOWN"), constant("SUPPORTED")
    assert isinstance(known, tuple)
    setup, tox = config("setup.cfg"), config("tox.ini")

    if f"torch{supported}" not in setup["options"]["install_requires"].split():
        yield f"setup.cfg does not ask for torch{supported}"

    environments = tox["tox"]["envlist"].replace(",", " ").split()
    deps = tox["testenv"]["deps"].split()
    table = (ROOT / "docs/project/versioning.md").read_text()
    for release in known:
        factor = f"torch{short(release).replace('.', '')}"
        if not any(factor in name.split("-") for name in environments):
            yield f"tox.ini has no environment with {factor}"
        if f"torch=={release}" not in deps:
            yield f"tox.ini does not install torch=={release}"
        if f"| {short(release)} |" not in table:
            yield f"docs/project/versioning.md has no line for {short(release)}"
        if not (ROOT / "vartrack/compat/known" / f"{short(release)}.json").is_file():
            yield f"vartrack/compat/known has no evidence of {release}"
    evidence = {file.stem for file in (ROOT / "vartrack/compat/known").glob("*.json")}
    for release in evidence - {short(one) for one in known}:
        yield f"vartrack/compat/known/{release}.json is of a release that is not known"

    classifiers = setup["metadata"]["classifiers"]
    for python in re.findall(r"Python :: (3\.\d+)", classifiers):
        if not any(name.startswith(f"py{python.replace('.', '')}-") for name in environments):
            yield f"tox.ini has no environment with Python {python}"

    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        for release in re.findall(r"torch==([\d.]+\d)", page.read_text()):
            if release not in known:
                yield f"{page.relative_to(ROOT)} installs torch=={release}, which is not known"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or "All files name the same releases.")
    sys.exit(bool(found))
