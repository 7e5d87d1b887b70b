"""vartrack does with torch's operators what torch's builder does."""

from __future__ import annotations

import pytest
from operator_samples import OPERATOR_SAMPLES, OperatorSample, spread_operator_samples

from vartrack.comparison import compare_calls


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "operator_sample" in metafunc.fixturenames:
        most = metafunc.config.getoption("samples")
        samples = list(spread_operator_samples(most)) if most else OPERATOR_SAMPLES
        names = [sample.name for sample in samples]
        metafunc.parametrize("operator_sample", samples, ids=names)


@pytest.mark.filterwarnings("ignore")
def test_operator(operator_sample: OperatorSample) -> None:
    """An operator that is called with two of the inputs of torch's own tests."""
    comparison = compare_calls(*operator_sample.program())
    assert comparison, comparison
    assert comparison.vartrack.values > 0
