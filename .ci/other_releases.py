"""Prints, for each release of torch, what was held against its own builder, and what came of it.

    python .ci/other_releases.py [--strict] [--only GROUP]... ENVIRONMENT...

Each environment is one with a torch and what the tests need. A line a group of tests: how many
passed, failed and were skipped, with the reasons. The rows are those of `doctor --prove`. What was
not run is a line as well, and with ``--strict`` an error; ``--without RELEASE`` says that a release
was run elsewhere.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent

#: What is held against torch's own builder, or against Python, and where the tests of it are.
GROUPS: dict[str, tuple[str, ...]] = {
    "made rows": ("tests/parity/test_rows_made.py",),
    "order rules": ("tests/parity/test_order.py",),
    "shape policy": ("tests/shapes/test_shape_policy.py",),
    "dynamic programs": tuple(
        f"tests/shapes/test_dynamic_{what}.py" for what in ("sizes", "numbers", "marks", "specs")
    ),
    "models, module_db": ("tests/parity/test_models.py", "tests/parity/test_no_stock_builder.py"),
    "users' types": ("tests/user_types",),
    "sound": ("tests/sound",),
}


def known() -> tuple[str, ...]:
    """The releases that vartrack knows, read without importing it."""
    for node in ast.parse((ROOT / "vartrack/compat/release.py").read_text()).body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "KNOWN":
            return tuple(ast.literal_eval(node.value))
    raise SystemExit("vartrack/compat/release.py has no KNOWN")


def run(environment: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Python in ``environment``, on this checkout."""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [str(environment / "bin" / "python"), "-W", "ignore", *args],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, "XDG_STATE_HOME": tempfile.gettempdir()},
        capture_output=True,
        text=True,
    )


def release_of(environment: Path) -> str:
    """The release of torch that ``environment`` has."""
    code = "from importlib.metadata import version; print(version('torch').partition('+')[0])"
    done = run(environment, "-c", code)
    if done.returncode:
        raise SystemExit(f"{environment} has no torch: {done.stderr.strip()}")
    return done.stdout.strip()


def rows(environment: Path) -> bool:
    """Build every row with both builders, print how many are equal, and say whether all are."""
    done = run(environment, "-m", "vartrack", "doctor", "--prove", "--json")
    try:
        found = json.loads(done.stdout)
        proof = found["proof"]
    except (ValueError, KeyError):
        print(f"  rows: not built\n{done.stdout}{done.stderr}")
        return False
    equal = proof["builds"] - len(proof["differences"])
    print(f"  rows: {equal} of {proof['builds']} builds equal; {len(found['drift'])} drifted")
    for one in proof["differences"]:
        print(f"    {one['row']} {one['how']}: {one['what']}")
    return bool(proof["passed"])


def group(environment: Path, name: str, workers: str) -> bool:
    """Run the tests of a group, print what came of them, and say whether all passed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        args = ("-q", "-n", workers, "-p", "no:cacheprovider", f"--junitxml={report}")
        done = run(environment, "-m", "pytest", *args, *GROUPS[name])
        if not report.is_file():
            print(f"  {name}: not run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            return False
        cases = list(ElementTree.parse(report).iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None]
    failed += [case for case in cases if case.find("error") is not None]
    skipped = [mark for case in cases if (mark := case.find("skipped")) is not None]
    passed = len(cases) - len(failed) - len(skipped)
    print(f"  {name}: {passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    for reason, times in Counter(mark.get("message") or "" for mark in skipped).items():
        print(f"    skipped {times}: {' '.join(reason.split())}")
    for case in failed:
        print(f"    failed: {case.get('classname')}::{case.get('name')}")
    return not failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, usage="%(prog)s [options] ENVIRONMENT...")
    parser.add_argument("environments", nargs="*", type=Path, metavar="ENVIRONMENT")
    parser.add_argument("--strict", action="store_true", help="what was not run is an error")
    parser.add_argument("--only", action="append", choices=["rows", *GROUPS], help="this group")
    parser.add_argument("--without", action="append", default=[], metavar="RELEASE")
    parser.add_argument("--workers", default="2", help="how many processes run the tests")
    options = parser.parse_args()
    wanted = options.only or ["rows", *GROUPS]
    good, ran = True, set(options.without)
    for environment in options.environments:
        release = release_of(environment)
        ran.add(release)
        print(f"torch {release}, in {environment}", flush=True)
        for name in wanted:
            passed = (
                rows(environment) if name == "rows" else group(environment, name, options.workers)
            )
            good &= passed
            sys.stdout.flush()
    for release in known():
        if release not in ran:
            print(f"not run: torch {release} (no environment for it)")
            good &= not options.strict
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
