"""Models of transformers run on `vartrack.sound` as on torch alone, and compile no more often."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

import vartrack
from vartrack.comparison import compare_calls

pytest.importorskip("transformers")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def loaded(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where the other finds it
    spec.loader.exec_module(module)
    return module


MODELS = loaded("models", BENCHMARKS / "models.py")
PROGRAMS = {
    program.__name__: program
    for program in (
        *loaded("programs_of_peers", BENCHMARKS / "peers/programs/transformers.py").PROGRAMS,
        MODELS.gpt2,
    )
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_model_runs_alike_and_compiles_as_often(name: str) -> None:
    """A guard of ours that fails at once would compile it anew at every call."""
    torch.manual_seed(0)
    function, args, kwargs = PROGRAMS[name]()
    comparison = compare_calls(function, [(args, kwargs)] * 3, registry=vartrack.sound)
    assert comparison.runs_alike, comparison
    assert comparison.torch.compiles()
