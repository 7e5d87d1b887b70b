"""vartrack does with whole models and with torch's own modules what torch's builder does."""

from __future__ import annotations

import copy

import pytest
import torch
from model_programs import attention, encoder, gpt2, lstm, vit
from module_samples import SAMPLES, Sample, spread_samples

from vartrack.comparison import Comparison, compare_calls
from vartrack.comparison.copies import Call


def assert_equal(comparison: Comparison, *, graphs: int | None = None) -> None:
    """That the sides are equal, all was copied, no call raised and the compiles were seen."""
    assert comparison, comparison
    assert not comparison.notes
    assert not any(outcome.error for outcome in comparison.torch.outcomes), comparison
    assert comparison.vartrack.values > 0
    if graphs is not None:
        assert comparison.vartrack.graphs() == graphs


# models


def test_encoder() -> None:
    """The example of the README: an encoder in training and in evaluation mode."""
    assert_equal(compare_calls(*encoder()), graphs=2)


def test_gpt2() -> None:
    assert_equal(compare_calls(*gpt2()), graphs=2)


@pytest.mark.parametrize("training", [True, False])
def test_vit(training: bool) -> None:
    assert_equal(compare_calls(*vit(training)), graphs=2)


@pytest.mark.parametrize("allow_rnn", [False, True])
def test_lstm(allow_rnn: bool) -> None:
    """An LSTM: refused with the same graph break, and traced where the config allows it."""
    with torch._dynamo.config.patch(allow_rnn=allow_rnn):
        assert_equal(compare_calls(*lstm()), graphs=2 if allow_rnn else 0)


@pytest.mark.parametrize("training", [True, False])
def test_multihead_attention(training: bool) -> None:
    """Attention of a sequence to itself and to another one."""
    for to_itself in (True, False):
        assert_equal(compare_calls(*attention(training, to_itself=to_itself)), graphs=2)


# torch's modules


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sample" in metafunc.fixturenames:
        most = metafunc.config.getoption("samples")
        samples = list(spread_samples(most)) if most else SAMPLES
        metafunc.parametrize("sample", samples, ids=[sample.name for sample in samples])


def raises_eagerly(module: torch.nn.Module, call: Call) -> bool:
    """Whether the sample itself does not fit float32."""
    try:
        args, kwargs = copy.deepcopy(call)
        copy.deepcopy(module)(*args, **kwargs)
    except Exception:
        return True
    return False


@pytest.mark.filterwarnings("ignore")
def test_module(sample: Sample) -> None:
    """A module of ``torch.nn``, called twice, with two batch sizes where it takes them."""
    module, calls, _ = sample.program()
    comparison = compare_calls(module, calls)
    if raises_eagerly(module, calls[0]):
        assert comparison, comparison
    else:
        assert_equal(comparison)


@pytest.mark.filterwarnings("ignore")
def test_most_samples_run_and_take_two_batch_sizes(pytestconfig: pytest.Config) -> None:
    """What the test above compares is more than errors and single sizes."""
    raised = two_sizes = 0
    for sample in SAMPLES:
        module, calls, two = sample.program()
        raised += raises_eagerly(module, calls[0])
        two_sizes += two
    assert raised <= 4 < 120 <= two_sizes
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(
            f"\nmodule samples: {len(SAMPLES)}, {two_sizes} called with two batch sizes, "
            f"{raised} raise in plain torch as well"
        )
