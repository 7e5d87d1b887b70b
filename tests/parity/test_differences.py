"""What differs from torch on purpose: each place is one where torch dies, and the docs list all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from differences import DIFFERENCES, Difference, Wrapper
from packaging.version import Version
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack.compat.release import RUNNING

PAGE = Path(__file__).parents[2] / "docs" / "design" / "differences.md"
PROGRAMS = {name: one for name, one in DIFFERENCES.items() if one.function is not None}

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.filterwarnings("ignore")]


def test_the_docs_list_exactly_these() -> None:
    told = re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)
    assert told == list(DIFFERENCES)


@pytest.mark.parametrize("name", PROGRAMS)
def test_torch_dies_and_vartrack_gives_the_answer(name: str) -> None:
    one = PROGRAMS[name]
    assert one.function is not None
    args = one.args()
    expected = _plain(one.function(*args))
    dies = Version(one.since) <= RUNNING
    if dies:
        with pytest.raises(Exception) as death:
            _compiled(one)(*args)
        assert not isinstance(death.value, Unsupported)
    else:
        assert torch.equal(_plain(_compiled(one, fullgraph=True)(*args)), expected)
    with vartrack.use(vartrack.stock):
        assert torch.equal(_plain(_compiled(one)(*args)), expected)
        torch._dynamo.reset()
        if one.breaks and dies:
            with pytest.raises(Unsupported, match=one.breaks):
                _compiled(one, fullgraph=True)(*args)
        else:
            assert torch.equal(_plain(_compiled(one, fullgraph=True)(*args)), expected)


def _compiled(one: Difference, **options: Any) -> Any:
    torch._dynamo.reset()
    assert one.function is not None
    return torch.compile(one.function, backend="eager", **one.options, **options)


def _plain(x: Any) -> torch.Tensor:
    return x.raw if isinstance(x, Wrapper) else x
