"""On models that change nothing `vartrack.sound` adds guards and no more; an audit says nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from model_programs import MODELS, Program
from module_samples import SAMPLES, Sample, spread_samples

import vartrack
from vartrack.comparison import Comparison, compare_calls

#: Every so many samples of torch's modules are tried; ``--samples`` tries all.
_EVERY = 12


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sample" in metafunc.fixturenames:
        most = metafunc.config.getoption("samples")
        samples = list(spread_samples(most)) if most else SAMPLES[::_EVERY]
        metafunc.parametrize("sample", samples, ids=[sample.name for sample in samples])


def assert_only_guards_are_added(comparison: Comparison) -> None:
    assert comparison.equal_but_for_added_guards, comparison
    if comparison.torch.compiles():
        assert not comparison.equal
        assert str(comparison).startswith("equal but for ")


def audited(program: Program) -> vartrack.AuditReport:
    """What an audit says of the program, which must be compiled as on torch alone."""
    with vartrack.audit() as report:
        comparison = compare_calls(*program, registry=vartrack.stock)
    assert comparison, comparison
    assert report.compiles == comparison.vartrack.compiles()
    return report


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_only_guards_are_added_to_models(model: Callable[[], Program]) -> None:
    with torch._dynamo.config.patch(allow_rnn=True):
        assert_only_guards_are_added(compare_calls(*model(), registry=vartrack.sound))


@pytest.mark.filterwarnings("ignore")
def test_only_guards_are_added_to_modules_of_torch(sample: Sample) -> None:
    module, calls, _ = sample.program()
    assert_only_guards_are_added(compare_calls(module, calls, registry=vartrack.sound))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_an_audit_says_nothing_of_models_and_changes_nothing(model: Callable[[], Program]) -> None:
    with torch._dynamo.config.patch(allow_rnn=True):
        report = audited(model())
    assert report.facts
    assert not report.changes, report


@pytest.mark.filterwarnings("ignore")
def test_an_audit_says_nothing_of_modules_of_torch(sample: Sample) -> None:
    module, calls, _ = sample.program()
    report = audited((copy.deepcopy(module), calls))
    assert not report.changes, report
