"""Some everyday statements; `python -m random_programs.everyday` has all."""

from __future__ import annotations

import random

import pytest

from random_programs.everyday import KINDS, ON, statements


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_no_statement_is_worse_than_on_torch_alone(kind: str) -> None:
    for statement in random.Random(kind).sample([*statements([kind])], 6):
        for side in [*ON][1:]:
            if wrong := statement.wrong(side):
                assert wrong <= statement.wrong("torch"), (side, statement, sorted(wrong))
