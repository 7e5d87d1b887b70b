"""`vartrack.explain`: what every value of a compile became, why, and at what cost."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch._dynamo
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from torch._dynamo import utils
from torch._dynamo.callback import callback_handler

import vartrack
from vartrack.compat.making import make
from vartrack.core.recording import Build, GuardRecord
from vartrack.explanation import explain, explain_call
from vartrack.explanation.compiles.seen import Stop
from vartrack.explanation.explanation import Explanation
from vartrack.explanation.report.assembling import breaks
from vartrack.explanation.report.report import Value
from vartrack.explanation.report.tree import by_source
from vartrack.explanation.report.tree_recording import Note, TreeRecorder
from vartrack.explanation.running.observing import Observer
from vartrack.explanation.text.fitting import break_long, pack
from vartrack.explanation.wording.brief import brief
from vartrack.explanation.wording.places import Place
from vartrack.explanation.wording.words import in_words
from vartrack.visitors.iterators import Ranges

HERE = __file__


class Settings:
    def __init__(self, scale: float) -> None:
        self.scale = scale


SETTINGS = Settings(3.0)


class Touchy:
    """Its visitor, `TouchyVisitor`, always fails."""


TOUCHY = Touchy()


class TouchyVisitor(vartrack.Sourced, vartrack.Visitor):
    types = (Touchy,)
    one_half = "none is made while tracing"
    unguarded = "it is never built"

    def visit_sourced(self, ctx, value):
        raise ValueError("no touching")


@pytest.fixture
def touchy_registry():
    registry = vartrack.stock.derive("touchy")
    registry.register(TouchyVisitor)
    return registry


@pytest.fixture
def x():
    return torch.arange(3.0)


def line_of(text: str) -> int:
    """The number of the only line of this file that ends with the comment ``text``."""
    lines = Path(HERE).read_text(encoding="utf-8").splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if line.endswith(f"# {text}")]
    return number


# values


def test_values_hang_below_the_value_they_come_from(x):
    def scaled(x, settings):
        return x * settings.scale

    found = explain(scaled, x, SETTINGS)
    (compile,) = found.compiles
    tops = {value.source: value for value in compile.values}
    assert set(tops) == {"L['x']", "L['settings']"}
    settings = tops["L['settings']"]
    assert [child.source for child in settings.children] == ["L['settings'].scale"]
    assert [child.label for child in settings.children] == [".scale"]


def test_a_value_says_what_it_is_and_what_became_of_it(x):
    def scaled(x, settings):
        return x * settings.scale

    found = explain(scaled, x, SETTINGS)
    tensor, settings = found.find("L['x']"), found.find("L['settings']")
    assert tensor.type == "torch.Tensor"
    assert tensor.shows == "(3,) float32"
    assert tensor.tracker == "TensorVariable"
    assert tensor.graph_input
    assert [guard.kind for guard in tensor.guards] == ["TENSOR_MATCH"]
    assert settings.type.endswith("test_explain.Settings")
    assert settings.visitor == "Objects"
    assert settings.tracker == "UserDefinedObjectVariable"
    assert not settings.graph_input
    assert settings.guards == [GuardRecord("L['settings']", "TYPE_MATCH")]
    assert settings.nanoseconds >= settings.own_nanoseconds > 0
    assert settings.outcome == "built"


def test_a_value_below_another_whose_text_it_does_not_begin_with_is_labelled(x):
    class Scaled:
        factor = 2.0

        def __call__(self, x, by=SETTINGS):
            return x * self.factor * by.scale

    found = explain(lambda x, f: f(x), x, Scaled())
    default = next(value for value, _ in found.compiles[0].walk() if "__defaults__" in value.source)
    parent = next(above for value, above in found.compiles[0].walk() if value is default)
    assert parent.source == "L['f']"
    assert "…" in default.label
    assert default.label.replace("…", in_words(parent.source)) == in_words(default.source)


def test_what_is_met_again_is_folded_into_what_was_built(x):
    def both(x, a, b):
        return x + len(a) + len(b)

    same = [1, 2]
    found = explain(both, x, same, same)
    sources = [value.source for value, _ in found.compiles[0].walk()]
    assert "L['a']" in sources
    assert "L['b']" not in sources
    value = found.find("L['a']")
    assert found.find("L['b']") is value
    assert value.reused >= 1
    (alias,) = value.aliases
    assert (alias.source, alias.label) == ("L['b']", "b")
    assert "DUPLICATE_INPUT" in [guard.kind for guard in alias.guards]


def test_children_of_an_alias_hang_below_what_was_built_first():
    builds = [
        (Build("L['a']", type="t", visitor="V", tracker="T"), Note(("0/0", 0))),
        (Build("L['b']", type="t", outcome="reused"), Note(("0/0", 0), first="L['a']")),
        (
            Build("L['b'].c", type="t", visitor="V", tracker="T"),
            Note(("0/0", 0), bases=("L['b']",)),
        ),
    ]
    (top,) = by_source(builds)
    assert top.source == "L['a']"
    assert [(child.source, child.label) for child in top.children] == [("L['b'].c", ".c")]


def test_objects_that_hold_each_other_do_not_hang_in_the_air():
    """A cycle of aliases still leaves every value reachable from a top."""
    builds = [
        (Build("A", type="t", visitor="V", tracker="T"), Note(("0/0", 0), bases=("B2",))),
        (Build("B", type="t", visitor="V", tracker="T"), Note(("0/0", 0), bases=("A2",))),
        (Build("A2", type="t", outcome="reused"), Note(("0/0", 0), first="A")),
        (Build("B2", type="t", outcome="reused"), Note(("0/0", 0), first="B")),
    ]
    tops = by_source(builds)

    def count(values: list[Value]) -> int:
        return sum(1 + count(value.children) for value in values)

    assert count(tops) == 2


def test_who_calls_it_as_torch_explains_is_told(x):
    with pytest.raises(TypeError, match=r"vartrack\.explain\(f, x\)"):
        explain(torch.sin)(x)


def test_every_attempt_of_a_compile_is_the_same_value(x):
    def cut(x):
        y = x + 1
        torch._dynamo.graph_break()
        return y + 1

    found = explain(cut, x)
    first = found.compiles[0]
    assert first.attempts == 2
    assert [value.built for value, _ in first.walk() if value.source == "L['x']"] == [2]


def test_values_without_a_source_are_counted_not_listed(x):
    def many(x):
        for _ in range(20):
            x = torch.nn.functional.relu(x) + divmod(7, 2)[1]
        return x

    found = explain(many, x)
    listed = sum(value.built for compile in found.compiles for value, _ in compile.walk())
    counted = sum(row.count for row in found.sourceless)
    assert counted > 0
    assert listed + counted == found.values
    keys = [(row.type, row.visitor) for row in found.sourceless]
    assert len(keys) == len(set(keys))


def test_what_goes_to_torchs_own_builder_is_counted_and_shown(x):
    """Nothing does, unless a visitor sends it there."""
    found = explain(lambda x, s: x * s.scale, x, SETTINGS)
    assert found.went_to_torch == 0
    assert found.share == 100
    assert "torch's own builder" not in found.text(200)

    class Sending(Ranges):
        def visit_sourced(self, ctx, value):
            build = make(
                vartrack.installation.builders.TorchVariableBuilder,
                ctx.tx,
                ctx.source,
                if_taken={"allow_lazy_constant": False},
            )
            return build(value)

    registry = vartrack.stock.derive("sending")
    registry.register(Sending, override=True)
    before = dict(vars(vartrack.installation.builders.TorchVariableBuilder))
    found = explain_call(lambda x, r: x * len(r), (x, range(3)), registry=registry)
    assert found.ran, found
    assert found.went_to_torch == 1
    assert found.to_dict()["went_to_torch"] == 1
    assert found.share < 100
    assert "1 built by torch's own builder" in found.text(200)
    assert dict(vars(vartrack.installation.builders.TorchVariableBuilder)) == before


def test_the_totals_by_visitor_add_up(x):
    found = explain(lambda x, s: x * s.scale, x, SETTINGS)
    assert sum(row.count for row in found.visitors) == found.values
    (objects,) = [row for row in found.visitors if row.visitor == "Objects"]
    assert (objects.sourced, objects.sourceless) == (1, 0)
    assert objects.own_nanoseconds == found.find("L['s']").own_nanoseconds


def test_the_time_of_a_value_is_part_of_the_compile(x):
    found = explain(lambda x: x + 1, x)
    spent = sum(row.own_nanoseconds for row in found.visitors) / 1e9
    assert 0 < spent < found.wall_seconds < found.run_seconds
    assert found.cpu_seconds > 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (2.5, "2.5"),
        ("a", "'a'"),
        ("a" * 99, "'" + "a" * 38 + "…"),
        pytest.param(10**9999, "", id="a number too long to print"),
        (torch.zeros(2, 3, dtype=torch.int64), "(2, 3) int64"),
        ([1], "1 item"),
        ({}, "0 items"),
        (len, "len"),
        (json.dumps, "json.dumps"),
        (json, "json"),
        (Settings(1), ""),
    ],
)
def test_a_value_is_shown_in_brief_if_that_runs_none_of_its_code(value, text):
    assert brief(value) == text


# breaks


def test_a_graph_break_says_why_and_where(x):
    def cut(x):
        y = x + 1
        torch._dynamo.graph_break()  # the cut
        return y + 1

    found = explain(cut, x)
    (entry,) = found.breaks
    assert entry.kind == "break"
    assert entry.title == "Call to `torch._dynamo.graph_break()`"
    assert (entry.file, entry.line) == (HERE, line_of("the cut"))
    assert found.ran
    assert found.graphs == len(found.compiles) == 2


def test_a_branch_on_data_has_torchs_whole_reason_not_its_keyword(x):
    def branch(x):
        if x.sum() > 0:  # the branch
            return x + 1
        return x - 1

    (entry,) = explain(branch, x).breaks
    assert entry.title == "Data-dependent branching"
    assert "Hint:" in entry.reason
    assert entry.line == line_of("the branch")


def test_a_failing_visitor_is_named_with_the_value(x, touchy_registry):
    def touch(x):
        y = x + 1
        torch._dynamo.graph_break()
        return y, TOUCHY.mood  # the touch

    found = explain_call(touch, (x,), registry=touchy_registry)
    value = found.find("G['TOUCHY']")
    assert value.outcome == "graph break"
    assert value.visitor == "TouchyVisitor"
    assert value.tracker == ""
    assert "no touching" in value.reason
    entry = found.breaks[-1]
    assert (entry.kind, entry.source, entry.visitor) == ("skip", "G['TOUCHY']", "TouchyVisitor")
    assert entry.line == line_of("the touch")
    assert found.not_built == 1
    assert "no touching" in found.compiles[-1].skipped
    assert found.error.startswith("AttributeError")  # Touchy has no mood, plainly run or not


def test_a_program_none_of_which_was_compiled_did_not_run(x, touchy_registry):
    def touch(x):
        return x + 1 if TOUCHY else x

    found = explain_call(touch, (x,), registry=touchy_registry)
    assert found.error == ""
    assert not found.ran
    assert "It ran, and nothing of it was compiled" in found.problem


def test_a_value_that_dynamo_does_without_is_no_break_of_the_program():
    recorder = TreeRecorder()
    recorder.builds = [
        Build("L['a']", type="t", visitor="V", outcome="graph break", reason="cannot")
    ]
    recorder.notes = [Note(("0/0", 0))]
    (entry,) = breaks(recorder, Observer())
    assert (entry.kind, entry.source, entry.visitor) == ("value", "L['a']", "V")


def test_a_value_that_ended_in_a_restart_is_no_break_at_all():
    recorder = TreeRecorder()
    recorder.builds = [Build("L['a']", type="t", visitor="V", outcome="restart", reason="again")]
    recorder.notes = [Note(("0/0", 0))]
    assert breaks(recorder, Observer()) == []
    (value,) = by_source(recorder.pairs())
    assert value.outcome == "built"


def test_the_same_break_twice_is_one_with_a_count():
    observer = Observer()
    observer.stops = [Stop("why", (Place("f.py", line),)) for line in (1, 1, 2)]
    assert [entry.count for entry in breaks(TreeRecorder(), observer)] == [2, 1]


def test_a_recompile_says_what_failed(x):
    def add(x, k):
        return x + k

    def calls(x):
        for k in (1, 2):
            torch._dynamo.graph_break()  # in a loop, so that `calls` itself is skipped
            add(x, k)

    found = explain_call(calls, (x,), dynamic=False)
    assert [(made.id, made.function) for made in found.compiles] == [
        ("0/0", "calls"),
        ("1/0", "add"),
        ("1/1", "add"),
    ]
    assert [bool(made.skipped) for made in found.compiles] == [True, False, False]
    assert found.compiles[1].recompiles == []
    (recompile,) = found.compiles[2].recompiles
    assert (recompile.failed, recompile.check) == ("1/0", "L['k'] == 1")
    assert "compiled again because: 1/0: k == 1\n" in found.text(form="full")
    assert found.ran


# failures


def test_an_error_of_the_program_is_told_with_its_place(x):
    def dies(x):
        torch._dynamo.graph_break()
        return [][int(x.shape[0])]  # the death

    found = explain(dies, x)
    assert not found.ran
    assert found.error.startswith("IndexError")
    assert found.error.endswith(f"[{HERE}:{line_of('the death')}]")
    assert isinstance(found.raised, IndexError)


def test_with_fullgraph_a_break_is_an_error(x):
    def cut(x):
        torch._dynamo.graph_break()
        return x

    found = explain_call(cut, (x,), fullgraph=True)
    assert not found.ran
    assert "graph_break()" in found.error


def test_a_program_that_dynamo_does_not_look_at_did_not_run(x):
    with torch._dynamo.config.patch(disable=True):
        found = explain(lambda x: x + 1, x)
    assert not found.ran
    assert "compiled nothing" in found.problem
    assert "compiled nothing" in found.text()


# the surroundings


def test_the_callers_state_is_left_as_it_was(x):
    @torch.compiler.disable
    def roll():
        return random.random() + np.random.rand()

    def noisy(x):
        torch._dynamo.graph_break()
        return x + torch.rand(3) + roll()

    torch._dynamo.reset()
    utils.counters.clear()
    mine = utils.counters["graph_break"]
    mine["earlier"] = 3
    utils.graph_break_reasons.append("earlier")
    metrics = utils._compilation_metrics
    recorded = len(metrics)

    def callback(_):
        raise AssertionError("not of this compile")

    callback_handler.register_start_callback(callback)
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        found = explain(noisy, x)
        after = random.getstate(), np.random.get_state(), torch.get_rng_state()
        assert found.breaks
        assert before[0] == after[0]
        assert all(np.array_equal(a, b) for a, b in zip(before[1], after[1], strict=True))
        assert torch.equal(before[2], after[2])
        assert utils.counters == {"graph_break": {"earlier": 3}}
        assert utils.counters["graph_break"] is mine
        assert utils.graph_break_reasons == ["earlier"]
        assert utils._compilation_metrics is metrics
        assert len(metrics) == recorded
        assert callback_handler.start_callbacks == [callback]
        assert callback_handler.end_callbacks == []
        assert not vartrack.is_installed()
        assert vartrack.active_registry() is None
    finally:
        torch._dynamo.reset()
        utils.counters.clear()


def test_the_state_is_left_as_it_was_if_the_program_is_interrupted(x):
    def stop(x):
        raise KeyboardInterrupt

    metrics = utils._compilation_metrics
    with pytest.raises(KeyboardInterrupt):
        explain(torch.compiler.disable(stop, recursive=False), x)
    assert utils._compilation_metrics is metrics
    assert vartrack.active_registry() is None


def test_it_runs_on_the_registry_in_force(x, touchy_registry):
    with vartrack.use(touchy_registry):
        assert explain(lambda x: x + 1, x).registry == "touchy"
    assert explain(lambda x: x + 1, x).registry == "default"


def test_the_program_runs_once_with_its_arguments():
    seen = []

    def program(*args, **kwargs):
        torch._dynamo.graph_break()
        seen.append((args, kwargs))

    explain(program, 1, 2, fn=3)
    assert seen == [((1, 2), {"fn": 3})]


def test_progress_is_told():
    lines = []
    explain_call(
        lambda x: [torch.relu(x + divmod(i, 2)[1]) for i in range(60)],
        (torch.ones(2),),
        target="a name",
        progress=lines.append,
    )
    assert len(lines) >= 2
    assert all(re.fullmatch(r"compiling a name: \d+ values, \d+ graphs", line) for line in lines)


# for programs and for people


@pytest.fixture(scope="module")
def broken():
    """An explanation with something of everything in it."""
    registry = vartrack.stock.derive("touchy")
    registry.register(TouchyVisitor)

    def program(x, a, b, settings):
        y = x * settings.scale + len(a) + len(b)
        torch._dynamo.graph_break()
        return y + 1 if TOUCHY else y

    same = [1]
    return explain_call(program, (torch.ones(2), same, same, SETTINGS), registry=registry)


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_text_is_plain_fits_and_keeps_every_word(broken, width):
    text = broken.text(width, "full")
    assert "\x1b" not in text
    assert all(len(line) <= width for line in text.splitlines())
    assert not any(line != line.rstrip() for line in text.splitlines())
    flat = " ".join(text.split())  # where a line is broken depends on the path of this file
    for word in (
        "TouchyVisitor",
        "no touching",
        "static",
        "DUPLICATE_INPUT",
        "graph input",
        "TENSOR_MATCH",
        "UserDefinedObjectVariable",
        "% built by vartrack's visitors",
    ):
        assert word in flat, word


def test_print_shows_the_same_text(broken):
    assert str(broken) == broken.text()


def test_text_of_the_user_is_never_markup():
    found = Explanation("[red]target[/red]", "[bold]registry[/bold] :smile:", error="[blink]no")
    text = found.text()
    assert "[red]target[/red]" in text
    assert "[bold]registry[/bold] :smile:" in text
    assert "[blink]no" in text


def has_no_place_to_break(line: str) -> bool:
    """Whether all of ``line`` is one word, or signs that belong to it."""
    return re.search(r"(?<=[^\s.\[])[.\[]|\S\s+\S", line) is None


@given(st.text(" abc._[", max_size=80), st.integers(4, 20))
def test_breaking_a_line_loses_nothing_and_breaks_no_word(text, width):
    pieces = [piece.plain for piece in break_long(Text(text), width)]
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert all(len(piece) <= width or has_no_place_to_break(piece) for piece in pieces)
    words = re.findall(r"[abc_]+", text)
    assert re.findall(r"[abc_]+", "\n".join(pieces)) == words


@given(st.lists(st.text("ab._[", min_size=1, max_size=30), max_size=6), st.integers(4, 40))
def test_packing_breaks_only_what_is_longer_than_a_line(chunks, width):
    lines = pack(map(Text, chunks), width).plain.split("\n")
    assert all(len(line) <= width or has_no_place_to_break(line) for line in lines)
    assert "".join("".join(line.split("  ")) for line in lines) == "".join(chunks)
    words = [word for line in lines for word in line.split("  ")]
    assert all(chunk in words for chunk in chunks if len(chunk) <= width)


def test_a_name_is_found_for_anything_that_can_be_called():
    from functools import partial

    from vartrack.explanation.running.running import name_of

    assert name_of(json.dumps) == "json.dumps"
    assert name_of(partial(json.dumps)) == "json.dumps"
    assert name_of(torch.nn.Linear(1, 1)) == "torch.nn.modules.linear.Linear"
    assert name_of(SimpleNamespace()) == "types.SimpleNamespace"
