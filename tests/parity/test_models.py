"""vartrack does with whole models and with torch's own modules what torch's builder does."""

from __future__ import annotations

import copy
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from module_samples import SAMPLES, Sample, spread_samples

from vartrack.comparison import Comparison, compare_calls
from vartrack.comparison.copies import Call

ENCODER = Path(__file__).parents[2] / "examples" / "encoder.py"


def assert_equal(comparison: Comparison, *, graphs: int | None = None) -> None:
    """That the sides are equal, all was copied, no call raised and the compiles were seen."""
    assert comparison, comparison
    assert not comparison.notes
    assert not any(outcome.error for outcome in comparison.torch.outcomes), comparison
    assert comparison.vartrack.values > 0
    if graphs is not None:
        assert comparison.vartrack.graphs() == graphs


def with_batches(*sizes: int, make: Callable[[int], Any]) -> list[Call]:
    """A call with one tensor for each batch size."""
    return [((make(size),), {}) for size in sizes]


# models


@pytest.fixture
def encoder() -> Iterator[ModuleType]:
    """``examples/encoder.py``, imported."""
    spec = importlib.util.spec_from_file_location("encoder", ENCODER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_encoder(encoder: ModuleType) -> None:
    """The example of the README: an encoder in training and in evaluation mode."""
    fn, (model, tokens), kwargs = encoder.target()
    larger = torch.cat([tokens, tokens])
    calls = [((model, batch), kwargs) for batch in (tokens, larger)]
    assert_equal(compare_calls(fn, calls), graphs=2)


def test_gpt2() -> None:
    """A small GPT-2 of transformers, its cache included."""
    import transformers

    torch.manual_seed(0)
    config = transformers.GPT2Config(
        n_layer=2,
        n_head=2,
        n_embd=32,
        vocab_size=64,
        n_positions=32,
        bos_token_id=0,
        eos_token_id=0,
    )
    calls = with_batches(2, 3, make=lambda size: torch.randint(0, 64, (size, 8)))
    assert_equal(compare_calls(transformers.GPT2LMHeadModel(config), calls), graphs=2)


@pytest.mark.parametrize("training", [True, False])
def test_vit(training: bool) -> None:
    """A small ViT of transformers."""
    import transformers

    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=16,
        patch_size=8,
    )
    model = transformers.ViTForImageClassification(config).train(training)
    calls = with_batches(2, 3, make=lambda size: torch.randn(size, 3, 16, 16))
    assert_equal(compare_calls(model, calls), graphs=2)


@pytest.mark.parametrize("allow_rnn", [False, True])
def test_lstm(allow_rnn: bool) -> None:
    """An LSTM: refused with the same graph break, and traced where the config allows it."""
    torch.manual_seed(0)
    model = torch.nn.LSTM(4, 5, num_layers=2, dropout=0.1, batch_first=True)
    calls = with_batches(2, 3, make=lambda size: torch.randn(size, 3, 4))
    with torch._dynamo.config.patch(allow_rnn=allow_rnn):
        assert_equal(compare_calls(model, calls), graphs=2 if allow_rnn else 0)


@pytest.mark.parametrize("training", [True, False])
def test_multihead_attention(training: bool) -> None:
    """Attention of a sequence to itself and to another one."""
    torch.manual_seed(0)
    model = torch.nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True).train(training)
    own = [torch.randn(size, 3, 8) for size in (2, 3)]
    other = [torch.randn(size, 4, 8) for size in (2, 3)]
    assert_equal(compare_calls(model, [((x, x, x), {}) for x in own]), graphs=2)
    calls = [((x, y, y), {"need_weights": False}) for x, y in zip(own, other, strict=True)]
    assert_equal(compare_calls(model, calls), graphs=2)


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
