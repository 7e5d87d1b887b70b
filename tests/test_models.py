"""vartrack does with whole models and with torch's own modules what torch's builder does."""

from __future__ import annotations

import copy
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from vartrack.comparing import Comparison, compare_calls
from vartrack.comparing.copies import Call

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_modules import ModuleInfo, module_db

# torch's test helpers freeze these flags for the whole process when they are imported
torch.backends.__allow_nonbracketed_mutation_flag = True

ENCODER = Path(__file__).parents[1] / "examples" / "encoder.py"


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
    transformers = pytest.importorskip("transformers")
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
    transformers = pytest.importorskip("transformers")
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


@dataclass(frozen=True)
class Sample:
    """The first or last of the inputs that torch's own tests have for a module."""

    info: ModuleInfo
    training: bool

    @property
    def name(self) -> str:
        return f"{self.info.name}-{'train' if self.training else 'eval'}"

    def program(self) -> tuple[torch.nn.Module, list[Call], bool]:
        """The module, two calls, and whether these differ in batch size."""
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inputs = self.info.module_inputs_func(
                self.info,
                device="cpu",
                dtype=torch.float32,
                requires_grad=False,
                training=self.training,
            )
            chosen = inputs[0 if self.training else -1]
            arguments = chosen.constructor_input
            module = self.info.module_cls(*arguments.args, **arguments.kwargs)
        module.train(self.training)
        forward = chosen.forward_input
        call = (tuple(forward.args), dict(forward.kwargs))
        larger = with_larger_batch(module, call)
        return module, [call, larger or copy.deepcopy(call)], larger is not None


def with_larger_batch(module: torch.nn.Module, call: Call) -> Call | None:
    """``call`` with every batch doubled, along the first dimension of those that ``module`` takes.

    None if it takes none: the inputs of the sample have no batch, or none that can change.
    """
    args, kwargs = call
    tensors = [item for item in (*args, *kwargs.values()) if isinstance(item, torch.Tensor)]
    for dim in (0, 1):
        sizes = [tensor.shape[dim] for tensor in tensors if tensor.dim() > dim]
        if not sizes or not sizes[0]:
            continue

        def doubled(item: Any, dim: int = dim, size: int = sizes[0]) -> Any:
            if isinstance(item, torch.Tensor) and item.dim() > dim and item.shape[dim] == size:
                return torch.cat([item, item], dim)
            return item

        larger = (
            tuple(map(doubled, args)),
            {name: doubled(item) for name, item in kwargs.items()},
        )
        try:
            trial_args, trial_kwargs = copy.deepcopy(larger)
            copy.deepcopy(module)(*trial_args, **trial_kwargs)
        except Exception:
            continue
        return larger
    return None


SAMPLES = [
    Sample(info, training)
    for info in module_db
    for training in ((True, False) if info.train_and_eval_differ else (True,))
]


@dataclass
class Tally:
    """How many samples ran, and how."""

    equal: int = 0
    two_sizes: int = 0
    graphs: int = 0
    raised: int = 0


@pytest.fixture(scope="module")
def tally(pytestconfig: pytest.Config) -> Iterator[Tally]:
    """Counts over all samples; printed at the end."""
    counts = Tally()
    yield counts
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(
            f"\nmodule samples: {counts.equal} equal of {len(SAMPLES)}, "
            f"{counts.two_sizes} called with two batch sizes, {counts.graphs} gave graphs, "
            f"{counts.raised} raised in plain torch as well"
        )


def raises_eagerly(module: torch.nn.Module, call: Call) -> bool:
    """Whether the sample itself does not fit float32."""
    try:
        args, kwargs = copy.deepcopy(call)
        copy.deepcopy(module)(*args, **kwargs)
    except Exception:
        return True
    return False


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_module(sample: Sample, tally: Tally) -> None:
    """A module of ``torch.nn``, called twice, with two batch sizes where it takes them."""
    module, calls, two_sizes = sample.program()
    comparison = compare_calls(module, calls)
    if raises_eagerly(module, calls[0]):
        assert comparison, comparison
        tally.raised += 1
        return
    assert_equal(comparison)
    tally.equal += 1
    tally.two_sizes += two_sizes
    tally.graphs += comparison.vartrack.graphs() > 0


def test_enough_samples_were_run(tally: Tally, request: pytest.FixtureRequest) -> None:
    """At least sixty samples are equal, and at least sixty of them with two batch sizes."""
    if tally.equal + tally.raised < len(SAMPLES):
        pytest.skip("only some of the samples were selected")
    assert tally.equal >= 60
    assert tally.two_sizes >= 60
    assert tally.graphs >= 60
