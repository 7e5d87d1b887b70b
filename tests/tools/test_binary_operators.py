"""The operator of an instruction is known on every Python."""

from __future__ import annotations

import dis

import pytest

from vartrack.compat.instructions import binary_operator

SIGNS = ("+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>")


@pytest.mark.parametrize("sign", [*SIGNS, *(f"{sign}=" for sign in SIGNS)])
def test_each_has_its_sign(sign: str) -> None:
    code = compile(f"a {sign} b", "here", "exec" if sign.endswith("=") else "eval")
    found = [
        binary_operator(each)
        for each in dis.get_instructions(code)
        if each.opname.startswith(("BINARY_", "INPLACE_"))
    ]
    assert found == [sign]
