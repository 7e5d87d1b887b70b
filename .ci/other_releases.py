"""Prints, for each release of torch, what was held against its own builder, and what came of it.

    python .ci/other_releases.py [--only GROUP]... [--record] [--reports FOLDER] ENVIRONMENT...

Each environment is one with a torch and what the tests need. A line each: the builds of rows that
are equal, as `doctor --prove` counts them; for each group of tests how many passed, failed, are
known to fail there and were skipped, with the reasons; and what a cold compile costs over torch's
own builder. What was not run is a line as well, and with ``--strict`` an error; ``--without
RELEASE`` says that a release was run elsewhere. With ``--record`` the page on older releases has
the lines from then on, each with its day and commit. ``--reports FOLDER`` keeps what pytest reports
of each group, of which `tests/helpers/lacking` makes the list of what fails on a release.
"""

from __future__ import annotations

import argparse
import ast
import datetime
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
RECORDS = ROOT / "docs" / "make" / "compared"
_MODELS = "tests/parity/test_models.py"

#: What is held against torch's own builder, or against Python, and where the tests of it are.
GROUPS: dict[str, tuple[str, ...]] = {
    "made rows": ("tests/parity/test_rows_made.py",),
    "order rules": ("tests/parity/test_order.py",),
    "policy states": ("tests/shapes/test_shape_policy.py",),
    "dynamic programs": tuple(
        f"tests/shapes/test_dynamic_{what}.py" for what in ("sizes", "numbers", "marks", "specs")
    ),
    "samples of module_db": (f"{_MODELS}::test_module",),
    "models": tuple(
        f"{_MODELS}::test_{model}"
        for model in ("encoder", "gpt2", "vit", "lstm", "multihead_attention")
    ),
    "nothing built by torch": ("tests/parity/test_no_stock_builder.py",),
    "bases and extras": ("tests/user_types",),
    "sound": ("tests/sound", "tests/parity/test_soundness.py"),
    "thrift": ("tests/thrift",),
    "explain and the other tools": ("tests/tools",),
}


@dataclass
class Outcome:
    """What came of one group: whether all is well, a line, and lines below it."""

    good: bool
    line: str
    below: list[str] = field(default_factory=list)


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


def rows(environment: Path) -> Outcome:
    """Build every row with both builders."""
    done = run(environment, "-m", "vartrack", "doctor", "--prove", "--json")
    try:
        found = json.loads(done.stdout)
        proof = found["proof"]
    except (ValueError, KeyError):
        return Outcome(False, "not built", (done.stdout + done.stderr).splitlines())
    equal = proof["builds"] - len(proof["differences"])
    line = f"{equal} of {proof['builds']} builds equal"
    differences = [f"{one['row']} {one['how']}: {one['what']}" for one in proof["differences"]]
    if found["drift"]:
        differences.append(f"{len(found['drift'])} things drifted")
    return Outcome(bool(proof["passed"]) and not found["drift"], line, differences)


def front_end(environment: Path, runs: int) -> Outcome:
    """What a cold compile costs over torch's own builder, the mean of all models."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        done = run(
            environment, "benchmarks/front_end.py", "--runs", str(runs), "--json", str(figures)
        )
        if not figures.is_file():
            return Outcome(False, "not measured", done.stderr.splitlines()[-3:])
        found = json.loads(figures.read_text())
    ratio = found["rows"]["geometric mean"]["median ratio"]
    load = found["load"][0] if found["load"] else None
    return Outcome(True, f"{ratio:.3f} times torch's own ({runs} runs, load {load})")


def tests(environment: Path, name: str, workers: str, kept: Path | None) -> Outcome:
    """Run the tests of a group; their report lies in the folder ``kept`` afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        report = (kept or Path(folder)) / f"{environment.name} {name}.xml"
        report.unlink(missing_ok=True)
        args = ("-q", "-n", workers, "-p", "no:cacheprovider", f"--junitxml={report}")
        done = run(environment, "-m", "pytest", *args, *GROUPS[name])
        if not report.is_file():
            return Outcome(False, "not run", (done.stdout[-2000:] + done.stderr).splitlines())
        return told(list(ElementTree.parse(report).iter("testcase")))


def told(cases: list[ElementTree.Element]) -> Outcome:
    """What a report of pytest says of some tests."""
    failed = [case for case in cases if _is(case, "failure") or _is(case, "error")]
    marks = [mark for case in cases if (mark := case.find("skipped")) is not None]
    lacking = [mark for mark in marks if mark.get("type") == "pytest.xfail"]
    skipped = [mark for mark in marks if mark.get("type") != "pytest.xfail"]
    counts = {
        "failed": len(failed),
        "known to fail": len(lacking),
        "skipped": len(skipped),
    }
    passed = len(cases) - sum(counts.values())
    line = ", ".join(
        [f"{passed} passed", *(f"{count} {what}" for what, count in counts.items() if count)]
    )
    found = [prop.get("value") or "" for case in cases for prop in case.iter("property")]
    return Outcome(
        not failed,
        "; ".join([line, *found]),
        [*_reasons("known to fail", lacking), *_reasons("skipped", skipped)]
        + [f"failed: {case.get('classname')}::{case.get('name')}" for case in failed],
    )


def _is(case: ElementTree.Element, what: str) -> bool:
    return case.find(what) is not None


def _reasons(what: str, marks: list[ElementTree.Element]) -> Iterator[str]:
    for reason, times in Counter(mark.get("message") or "" for mark in marks).most_common():
        yield f"{what} {times}: {' '.join(reason.split())}"


def record(release: str, name: str, line: str) -> None:
    """Keep the line of a group for the page on older releases."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=9", "HEAD"], cwd=ROOT, capture_output=True, text=True
    )
    file = RECORDS / f"{release.rpartition('.')[0]}.json"
    kept = json.loads(file.read_text()) if file.is_file() else {}
    kept[name] = {
        "line": line,
        "commit": commit.stdout.strip(),
        "date": datetime.date.today().isoformat(),
    }
    RECORDS.mkdir(exist_ok=True)
    file.write_text(json.dumps(kept, indent=1) + "\n")


def main() -> int:
    names = ("rows", *GROUPS, "front end")
    parser = argparse.ArgumentParser(description=__doc__, usage="%(prog)s [options] ENVIRONMENT...")
    parser.add_argument("environments", nargs="*", type=Path, metavar="ENVIRONMENT")
    parser.add_argument("--strict", action="store_true", help="what was not run is an error")
    parser.add_argument("--only", action="append", choices=names, help="this group")
    parser.add_argument("--without", action="append", default=[], metavar="RELEASE")
    parser.add_argument("--workers", default="2", help="how many processes run the tests")
    parser.add_argument("--runs", type=int, default=5, help="of each model, for the front end")
    parser.add_argument("--record", action="store_true", help="keep the lines for the docs")
    parser.add_argument(
        "--reports",
        type=Path,
        metavar="FOLDER",
        help="keep the reports of pytest there, of which tests/helpers/lacking makes its lists",
    )
    options = parser.parse_args()
    if options.reports is not None:
        options.reports = options.reports.absolute()
        options.reports.mkdir(parents=True, exist_ok=True)
    good, ran = True, set(options.without)
    for environment in options.environments:
        release = release_of(environment)
        ran.add(release)
        print(f"torch {release}, in {environment}", flush=True)
        ways: dict[str, Callable[[], Outcome]] = {
            "rows": lambda env=environment: rows(env),
            "front end": lambda env=environment: front_end(env, options.runs),
        }
        for name in options.only or names:
            way = ways.get(name)
            found = (
                tests(environment, name, options.workers, options.reports) if way is None else way()
            )
            print(f"  {name}: {found.line}")
            print("".join(f"    {line}\n" for line in found.below), end="", flush=True)
            good &= found.good
            if options.record:
                record(release, name, found.line)
    for release in known():
        if release not in ran:
            print(f"not run: torch {release} (no environment for it)")
            good &= not options.strict
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
