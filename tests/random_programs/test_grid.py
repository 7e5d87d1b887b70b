"""A part of the grid of containers, elements and uses; `python -m random_programs.grid` has all."""

from __future__ import annotations

import random

import pytest

import vartrack
from random_programs.grid import KINDS, PLACES, cells, differs


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_a_part_of_the_grid_is_right_or_as_on_torch_alone(kind: str) -> None:
    every = [cell for place in PLACES for cell in cells([kind], place)]
    for cell in random.Random(kind).sample(every, 12):
        if differs(cell, vartrack.sound):
            assert differs(cell, None), cell
