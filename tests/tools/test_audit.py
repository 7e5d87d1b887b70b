"""`vartrack.audit`: what a program relied on that torch does not guard, and what of it changed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from forked import python
from rich.console import Console
from torch._dynamo import guards
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.lazy import LazyVariableTracker

import vartrack
from vartrack.__main__ import main
from vartrack.comparison import compare_calls

ROOT = Path(__file__).parents[2]
ONE = torch.ones(1)


class Thing:
    def act(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


def acted(x: torch.Tensor, thing: Thing) -> torch.Tensor:
    x = x + 1
    return thing.act(x)


def ninefold(self: Thing, x: torch.Tensor) -> torch.Tensor:
    return x * 9


@pytest.fixture(autouse=True)
def nothing_compiled(fresh: None) -> None:
    """Nothing is compiled, before and after."""


@pytest.fixture
def replace(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What replaces the method that the programs call."""
    return lambda: monkeypatch.setattr(Thing, "act", ninefold)


@pytest.fixture
def compiled() -> Any:
    return torch.compile(acted, backend="eager", fullgraph=True)


def test_a_fact_that_changed_is_told_with_all_there_is_to_say(replace: Any, compiled: Any) -> None:
    thing = Thing()
    with vartrack.audit() as report:
        before = compiled(ONE, thing)
        assert report and not report.changes
        replace()
        after = [compiled(ONE, thing), compiled(ONE, thing)]
    assert after == [before, before], "the answer is torch's own, and old"
    assert not report
    (change,) = report.stale
    assert report.changes == [change]
    assert (change.function, change.kind) == ("acted", "classes")
    assert change.compiled.line == acted.__code__.co_firstlineno
    assert f"act of {Thing.__module__}.Thing" in change.fact
    assert change.source == f"{Thing.__module__}.Thing"
    assert change.before.startswith("Thing.act (test_audit.py:")
    assert change.after.startswith("ninefold (test_audit.py:")
    assert change.place is not None
    assert change.place.file == __file__
    assert change.place.text == "return thing.act(x)"
    assert change.calls == 2
    assert str(change) in {str(other) for other in report}


def test_what_is_compiled_anew_for_another_reason_is_not_old(replace: Any) -> None:
    def program(x: torch.Tensor, thing: Thing, more: int) -> torch.Tensor:
        return thing.act(x) * more

    compiled = torch.compile(program, backend="eager", dynamic=False)
    with vartrack.audit() as report:
        compiled(ONE, Thing(), 1)
        replace()
        assert compiled(ONE, Thing(), 3) == 27
        assert report
        (change,) = report.changes
        assert not change.stale and not change.calls
        assert "compiled anew" in str(change)
        assert compiled(ONE, Thing(), 1) == 2, "what was compiled first is still there"
    assert report.changes == [change] == report.stale


def test_nothing_is_told_where_nothing_changes(compiled: Any) -> None:
    with vartrack.audit() as report:
        for _ in range(3):
            compiled(ONE, Thing())
    assert report.compiles == 1
    assert report.facts and not report.changes


def test_what_changes_back_is_old_only_in_between(compiled: Any) -> None:
    own = Thing.act
    with vartrack.audit() as report:
        compiled(ONE, Thing())
        try:
            Thing.act = ninefold  # type: ignore[method-assign]
            compiled(ONE, Thing())
        finally:
            Thing.act = own  # type: ignore[method-assign]
        compiled(ONE, Thing())
    assert [change.calls for change in report.stale] == [1]


def test_the_program_is_compiled_as_on_torch_alone() -> None:
    """Graphs, guards, checks, results and code; also of what is lazy when it is noted."""

    def program(x: torch.Tensor, thing: Thing, table: dict[str, int], name: str) -> torch.Tensor:
        text = f"{table} {name} {thing.__class__.__name__}"
        found = "b" in table and getattr(thing, "missing", None) is None
        return thing.act(x) * len(text) if found else x * sum(table.values())

    calls: list[Any] = [((ONE, Thing(), {"a": 1, "b": number}, "n"), {}) for number in (2, 3)]
    with vartrack.audit() as report:
        comparison = compare_calls(program, calls, registry=vartrack.stock)
    assert comparison, comparison
    assert report.facts


class OfOne(list):
    def __len__(self):
        return 1


def test_what_torch_gets_wrong_stays_wrong() -> None:
    """What `sound` puts right beside its watchers is not put right by an audit."""

    def use(x, holder):
        return x + 1, holder.number.__round__(-1), [*holder.items], list(holder.items)

    def called(context: Any) -> Any:
        torch._dynamo.reset()
        graphs, found, holder = [], [], Thing()

        def backend(graph, inputs):
            graphs.append(graph)
            return graph.forward

        with context:
            run = torch.compile(use, backend=backend)
            for number, items in ((14, [1]), (25, [1]), (36, [1, 2])):
                holder.number, holder.items = number, OfOne(items)
                found.append(run(torch.ones(2), holder)[1:])
        return found, len(graphs)

    assert called(vartrack.audit()) == called(vartrack.use(None))


def test_torch_is_as_it_was_afterwards_and_nothing_is_looked_at(
    replace: Any, compiled: Any
) -> None:
    def held() -> list[Any]:
        return [guards.guard_manager_testing_hook_fn, vars(LazyVariableTracker)["realize"]]

    before = held()
    with vartrack.audit() as report:
        assert held() != before
        compiled(ONE, Thing())
    assert held() == before
    assert not vartrack.is_installed()
    replace()
    compiled(ONE, Thing())
    assert not report.changes
    torch._dynamo.reset()
    compiled(ONE, Thing())
    assert report.compiles == 1


def test_it_is_given_back_if_the_program_raises() -> None:
    with pytest.raises(ZeroDivisionError), vartrack.audit() as report:
        raise ZeroDivisionError
    assert report
    assert guards.guard_manager_testing_hook_fn is None


def test_all_threads_are_looked_at(replace: Any, compiled: Any) -> None:
    def twice() -> None:
        compiled(ONE, Thing())
        replace()
        compiled(ONE, Thing())

    with vartrack.audit() as report:
        thread = threading.Thread(target=twice)
        thread.start()
        thread.join()
    assert len(report.stale) == 1


def test_the_registry_in_force_is_audited(replace: Any, compiled: Any) -> None:
    with vartrack.audit() as report, vartrack.use(vartrack.default):
        compiled(ONE, Thing())
        replace()
        compiled(ONE, Thing())
    assert len(report.stale) == 1


def test_what_is_guarded_needs_no_audit(replace: Any, compiled: Any) -> None:
    with vartrack.audit() as report, vartrack.use(vartrack.sound):
        before = compiled(ONE, Thing())
        replace()
        assert compiled(ONE, Thing()) != before
    assert not report.compiles and not report.changes


def test_torchs_own_builder_in_a_block_is_not_looked_at(compiled: Any) -> None:
    with vartrack.audit() as report, vartrack.use(None):
        compiled(ONE, Thing())
    assert not report.compiles


def test_an_audit_within_another_tells_both(replace: Any, compiled: Any) -> None:
    with vartrack.audit() as outer:
        with vartrack.audit() as inner:
            compiled(ONE, Thing())
            replace()
            compiled(ONE, Thing())
        torch.compile(lambda x: x + 1, backend="eager")(ONE)
    assert len(inner.stale) == len(outer.stale) == 1
    assert (inner.compiles, outer.compiles) == (1, 2)


def test_a_watched_program_can_be_audited(replace: Any, compiled: Any) -> None:
    with vartrack.watch(values=False) as found, vartrack.audit() as report:
        compiled(ONE, Thing())
        replace()
        compiled(ONE, Thing())
    assert found.graphs == 1 and len(report.stale) == 1
    assert not any("vartrack" in guard.kind for _, guard in found.guards)


def test_what_cannot_be_read_any_more_is_told() -> None:
    class Picky:
        def __init__(self) -> None:
            self.broken = False

        def __repr__(self) -> str:
            if self.broken:
                raise ValueError
            return "Picky"

    def program(x: torch.Tensor, thing: Picky) -> torch.Tensor:
        return x * len(str(thing))

    compiled = torch.compile(program, backend="eager")
    with vartrack.audit() as report:
        compiled(ONE, Picky())
        thing = Picky()
        thing.broken = True
        try:
            compiled(ONE, thing)
        except ValueError:
            return  # from 2.14 on torch traces it, so that it raises as in Python
    assert "cannot be read (ValueError)" in {change.after for change in report.changes}


def test_whether_objects_in_a_list_are_one_is_told() -> None:
    """`sound` answers it itself; an audit leaves the answer to torch."""
    one, held = Thing(), [Thing()]
    run = torch.compile(lambda x: x * 2 if one in held else x, backend="eager", fullgraph=True)
    with vartrack.audit() as report:
        before = run(ONE)
        held[0] = one
        assert run(ONE) == before, "the answer is torch's own, and old"
    assert "identity" in {change.kind for change in report.stale}


def annotated(a: int) -> None: ...


def relied_on(program: Any, *calls: tuple[Any, ...], change: Any = None) -> Any:
    """What an audit says of the answer of the second of two calls, which may be old."""
    torch._dynamo.reset()
    compiled = torch.compile(program, backend="eager")
    with vartrack.audit() as report:
        for args in calls:
            compiled(ONE, *args)
            if change is not None:
                change()
    return report.stale[0]


@pytest.mark.skipif(
    hasattr(UserFunctionVariable, "tp_getset"), reason="where torch has a table, it guards them"
)
def test_annotations_of_a_function_are_told() -> None:
    own = dict(annotated.__annotations__)
    try:
        change = relied_on(
            lambda x: x * len(annotated.__annotations__),
            *((), ()),
            change=annotated.__annotations__.clear,
        )
    finally:
        annotated.__annotations__.update(own)
    assert change.fact.startswith("__annotations__ of")
    assert (change.before, change.after) == ("2 items: 'a', 'return'", "0 items")


def test_whether_methods_of_builtin_objects_are_equal_is_told() -> None:
    """Where torch takes them for two, or asks for the objects, whichever they are."""
    held: list[list[int]] = [[], []]

    def one_object() -> None:
        held[1] = held[0]

    torch._dynamo.reset()
    compiled = torch.compile(
        lambda x: x * 2 if held[0].append == held[1].append else x, backend="eager", fullgraph=True
    )
    with vartrack.audit() as report:
        answers = [compiled(ONE).item()]
        one_object()
        answers.append(compiled(ONE).item())
    assert bool(report.stale) is (answers == [1, 1])


def test_which_objects_came_to_be_one_is_told_in_words() -> None:
    def counted(x: torch.Tensor, done: list[int], asked: list[int]) -> torch.Tensor:
        done.append(1)
        return x * len(asked)

    both: list[int] = []
    change = relied_on(counted, ([], []), (both, both))
    assert (change.before, change.after) == ("each is another object", "done is asked")


def test_one_change_is_one_fact_for_all_graphs(replace: Any, compiled: Any) -> None:
    with vartrack.audit() as report:
        for x in (ONE, ONE.double()):
            compiled(x, Thing())
        replace()
        for x in (ONE, ONE.double(), ONE):
            compiled(x, Thing())
    (change,) = report.stale
    assert report.compiles == 2 and change.calls == 3
    assert "1 fact had changed" in str(report)


@pytest.mark.parametrize("asks", [False, True])
def test_one_change_is_one_fact_for_a_question_and_an_assignment(asks: bool) -> None:
    """Two lists come to be one, of which one is changed and the program asks."""

    def emptied(x: torch.Tensor, one: list[int], other: list[int]) -> Any:
        is_one = asks and one is other
        one.clear()
        return x * len(other), is_one

    compiled = torch.compile(emptied, backend="eager")
    with vartrack.audit() as report:
        compiled(ONE, [1], [1])
        both = [1]
        compiled(ONE, both, both)
    (change,) = report.stale
    assert change.kind == "identity" and change.calls == 1


def test_the_line_is_that_of_the_user(monkeypatch: Any) -> None:
    """What is read by the standard library is relied on by who calls that."""

    def read(x: torch.Tensor) -> torch.Tensor:
        return x * len(os.getenv("VARTRACK_AUDITED", "none"))

    change = relied_on(
        read, (), (), change=lambda: monkeypatch.setenv("VARTRACK_AUDITED", "something")
    )
    assert change.place.text == 'return x * len(os.getenv("VARTRACK_AUDITED", "none"))'


def test_a_random_object_is_traced_as_torch_does_and_told() -> None:
    numbers = random.Random(0)

    def program(x: torch.Tensor) -> torch.Tensor:
        return x * numbers.random()

    compiled = torch.compile(program, backend="eager")
    with vartrack.audit() as report:
        compiled(ONE)
        expected = random.Random()
        expected.setstate(numbers.getstate())
        is_old = compiled(ONE) != expected.random()
    assert is_old == ("state" in {change.kind for change in report.stale})


def test_reports_go_through_json_and_add_up(replace: Any, compiled: Any) -> None:
    with vartrack.audit("mine") as report:
        compiled(ONE, Thing())
        replace()
        compiled(ONE, Thing())
    again = vartrack.AuditReport.from_json(report.to_json())
    assert again == report
    again.add(report)
    (change,) = again.stale
    assert change.calls == 2 * report.stale[0].calls and again.compiles == 2
    assert again.facts == report.facts
    for text in ("[]", "{", "{}", '{"schema": 0}'):
        with pytest.raises(ValueError):
            vartrack.AuditReport.from_json(text)


def test_the_report_can_be_printed(replace: Any, compiled: Any, tmp_path: Path) -> None:
    with vartrack.audit("mine") as report:
        compiled(ONE, Thing())
        replace()
        compiled(ONE, Thing())
    short, full = str(report), report.text(full=True)
    for part in ("May be old", "Thing.act (test_audit.py", "ninefold", "in 1 call"):
        assert part in short
    assert full.count("Relied on") == 1 and len(full) > len(short)
    console = Console(width=100, record=True, file=(tmp_path / "out").open("w"))
    console.print(report)
    assert "May be old" in console.export_text()


PROGRAM = """
import torch

class Thing:
    def act(self, x):
        return x * 2

def replace():
    Thing.act = lambda self, x: x * 9

def main():
    compiled = torch.compile(lambda x: thing.act(x), backend="eager")
    thing = Thing()
    compiled(torch.ones(1))
    replace()
    compiled(torch.ones(1))

def acted(x, table):
    return Thing().act(x) * len(str(table))

def target():
    return acted, [((torch.ones(1), {"a": 1}), {}), ((torch.ones(1), {"a": 1}), {})]

def raising():
    return acted, [((torch.ones(1), 1, 2), {})]

def test_it():
    main()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "audited_program.py"
    file.write_text(PROGRAM)
    return file


def test_the_command_audits_calls(program: Path, capsys: Any) -> None:
    assert main(["audit", f"{program}:target"]) == 0
    assert "no answer is old" in capsys.readouterr().out


def test_the_command_runs_a_program_that_compiles_by_itself(program: Path, capsys: Any) -> None:
    output = program.with_name("report.json")
    assert main(["audit", f"{program}:main", "--json", "--output", str(output)]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(output.read_text())
    assert printed["stale"] == 1
    assert printed["changes"][0]["kind"] == "classes"
    assert vartrack.AuditReport.load(output).stale


def test_the_command_says_what_is_wrong(program: Path, capsys: Any) -> None:
    assert main(["audit", f"{program}:raising"]) == 1
    assert "It raised TypeError" in capsys.readouterr().out
    assert main(["audit", f"{program}:nothing"]) == 2


#: What pytest loads beside itself.
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run_pytest(folder: Path, *args: str, run: Any = python) -> str:
    (folder / "test_it.py").write_text(PROGRAM)
    command = ["-m", "pytest", "-q", "-p", "pytest_vartrack", *args]
    done = run(*command, cwd=folder, env=ENVIRONMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    output: str = done.stdout
    return output


def started(*args: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What comes of a Python that is started anew, where pytest is the first to be imported."""
    command, env = [sys.executable, *args], {**os.environ, **env}
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False
    )


def test_pytest_tells_of_the_whole_suite(tmp_path: Path) -> None:
    text = run_pytest(tmp_path, "--vartrack-audit", run=started)
    assert "answers may be old: 1 fact had changed" in text
    assert "1. act of test_it.Thing" in text


@pytest.mark.parametrize("option", ["--vartrack-audit", "--vartrack-report"])
@pytest.mark.parametrize("named", ["test_it.py", "test_it.py::test_it", "."])
def test_tests_that_follow_the_option_are_run(tmp_path: Path, option: str, named: str) -> None:
    """They are no file for the report, which would be written over them."""
    text = run_pytest(tmp_path, option, named)
    assert "1 passed" in text and "vartrack " in text
    assert (tmp_path / "test_it.py").read_text() == PROGRAM


def test_a_file_that_follows_the_option_is_written(tmp_path: Path) -> None:
    run_pytest(tmp_path, "--vartrack-audit", "audit.json")
    assert len(vartrack.AuditReport.load(tmp_path / "audit.json").stale) == 1


def test_pytest_writes_the_reports_of_all_workers(tmp_path: Path) -> None:
    """Both at once."""
    audit, report = tmp_path / "audit.json", tmp_path / "report.json"
    options = [f"--vartrack-audit={audit}", f"--vartrack-report={report}"]
    run_pytest(tmp_path, *options, "-p", "xdist", "-n", "2")
    assert len(vartrack.AuditReport.load(audit).stale) == 1
    assert vartrack.Explanation.load(report).graphs == 1
    assert json.loads(report.read_text())["totals"]["graphs"] == 1
