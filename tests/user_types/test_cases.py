"""The programs of ``tests/cases`` on torch alone and with vartrack: nothing is worse.

What is worse all the same is listed here with its reason, and taken off when it is no longer so.
`cases` says how to run them by hand.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cases.running import Found
from cases.sides import run_sides
from filelock import FileLock

Results = dict[str, dict[str, Found]]


@dataclass(frozen=True)
class Bounds:
    """What a side has to keep to, compared with torch alone.

    Attributes:
        better: how many programs at least come to something better.
        stale_or_wrong: how many at most give another answer than Python.
        crashes: how many at most end in an error that is not Python's.
        worse: those that come to something worse, and why.
        in_vain: those that compile more often than they must, where torch alone does not, and why.
    """

    better: int
    stale_or_wrong: int
    crashes: int
    worse: dict[str, str] = field(default_factory=dict)
    in_vain: dict[str, str] = field(default_factory=dict)


#: Every so many programs that are right on torch alone are audited; by hand
#: `python -m cases --side audit` audits all, which takes more than a minute.
_EVERY = 6
#: Whether torch compiles them again, or is old, depends on where objects lie.
_BY_IDENTITY = {"carry_match", "match_passed_in"}
#: Where torch's own builder ends in an error of its own on some release, and vartrack's does not.
_DIES_ALONE = {"getattribute_added": "its class then says that all attributes are 9, since 2.14"}
#: Where an audit says that an answer may be old, and it is not.
_FALSE_ALARMS = {
    "closure_number_changed": "the cell that a function writes is one that torch guards elsewhere",
}

BOUNDS = {
    "extras": Bounds(
        better=150,
        stale_or_wrong=75,
        crashes=4,
        worse={},
    ),
    "sound": Bounds(
        better=205,
        stale_or_wrong=1,
        crashes=0,
        worse={},
        in_vain={
            "global_hook_added": "what a hook does after the outermost module is a graph of its own",
        },
    ),
}


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Results:
    """What each program comes to on each side; found once, however many workers there are."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        folder = folder.parent  # the workers have it in common
    file = folder / "cases.json"
    with FileLock(f"{file}.lock"):
        if not file.exists():
            found = run_sides(["torch", *BOUNDS])
            found |= run_sides(["audit"], _to_audit(found["torch"]))
            _write(file, found)
    return {
        side: {name: Found(**record) for name, record in records.items()}
        for side, records in json.loads(file.read_text()).items()
    }


def _to_audit(torch: dict[str, Found]) -> list[str]:
    """All programs that are stale on torch alone, and some of the others."""
    stale = [name for name, found in torch.items() if found.status == "stale"]
    others = [name for name, found in torch.items() if found.status != "stale"]
    return stale + others[::_EVERY]


def _write(file: Path, results: Results) -> None:
    plain = {
        side: {name: dataclasses.asdict(found) for name, found in records.items()}
        for side, records in results.items()
    }
    file.write_text(json.dumps(plain))


def listed(found: dict[str, str], known: dict[str, str], what: str) -> str:
    """What is wrong with a list of exceptions; nothing if it is exact."""
    new = [f"{name} {what}: {found[name]}" for name in found.keys() - known.keys()]
    gone = [f"{name} is mended: take it off the list" for name in known.keys() - found.keys()]
    return "\n".join(sorted(new + gone))


@pytest.mark.parametrize("side", BOUNDS)
def test_no_program_is_worse_than_on_torch_alone(side: str, results: Results) -> None:
    worse = {
        name: f"{found.status} ({found.detail}), torch alone: {results['torch'][name].status}"
        for name, found in results[side].items()
        if found.rank > results["torch"][name].rank
    }
    assert not (wrong := listed(worse, BOUNDS[side].worse, "is worse")), wrong


@pytest.mark.parametrize("side", BOUNDS)
def test_no_program_is_worse_where_graphs_may_break(side: str, results: Results) -> None:
    """Refusing in one piece is no worse than torch alone refuses; the answer has to be right."""
    torch = results["torch"]
    worse = {
        name: f"{found.otherwise or found.status} ({found.otherwise_detail or found.detail}), "
        f"torch alone: {torch[name].otherwise or torch[name].status}"
        for name, found in results[side].items()
        if found.rank_with_breaks > torch[name].rank_with_breaks
    }
    known = {
        name: why
        for name, why in BOUNDS[side].worse.items()
        if results[side][name].rank > 2  # neither a compile in vain nor a refusal
    }
    assert not (wrong := listed(worse, known, "is worse with breaks")), wrong


@pytest.mark.parametrize("side", BOUNDS)
def test_nothing_is_compiled_in_vain_that_torch_alone_does_not(side: str, results: Results) -> None:
    in_vain = {
        name: found.detail
        for name, found in results[side].items()
        if found.status == "recompiles" != results["torch"][name].status
    }
    assert not (wrong := listed(in_vain, BOUNDS[side].in_vain, "is compiled in vain")), wrong


@pytest.mark.parametrize("side", BOUNDS)
def test_many_programs_are_better_than_on_torch_alone(side: str, results: Results) -> None:
    better = [
        name for name, found in results[side].items() if found.rank < results["torch"][name].rank
    ]
    assert len(better) >= BOUNDS[side].better, better


@pytest.mark.parametrize("side", BOUNDS)
def test_few_answers_are_stale_or_wrong_and_few_programs_crash(side: str, results: Results) -> None:
    """Those of all extras are torch's own."""
    statuses = [found.status for found in results[side].values()]
    wrong = statuses.count("stale") + statuses.count("wrong")
    assert wrong <= BOUNDS[side].stale_or_wrong
    assert statuses.count("crash") <= BOUNDS[side].crashes


def test_an_audit_finds_every_stale_program_that_sound_mends(results: Results) -> None:
    mended = [
        name
        for name, found in results["torch"].items()
        if found.status == "stale" and results["sound"][name].status not in ("stale", "wrong")
    ]
    assert mended
    missed = [
        name for name in mended if not results["audit"][name].told and name not in _BY_IDENTITY
    ]
    assert not missed


def test_an_audit_says_nothing_of_what_is_right(results: Results) -> None:
    alarms = {
        name: found.told
        for name, found in results["audit"].items()
        if found.told and found.status not in ("stale", "wrong") and not found.otherwise
    }
    assert alarms.keys() <= _FALSE_ALARMS.keys(), alarms


def test_an_audit_leaves_it_to_torch(results: Results) -> None:
    statuses = {name: found.status for name, found in results["audit"].items()}
    for name in _DIES_ALONE:
        if results["torch"][name].status == "crash":
            statuses.pop(name, None)
    assert {
        name: (status, results["torch"][name].status)
        for name, status in statuses.items()
        if status != results["torch"][name].status and name not in _BY_IDENTITY
    } == {}
