"""What random programs found and what is not mended: torch's tracer is wrong the first time already.

Each fails as soon as it is right: then it goes, and `judging.AS_TORCH` has one reason less.
"""

from __future__ import annotations

import pytest

from random_programs.judging import AS_TORCH, judge
from random_programs.program import Program
from vartrack import compat

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.filterwarnings("ignore")]


def _use(expression: str, value: str, head: str = "") -> Program:
    body = f"v = {value}\ndef use(x, v):\n    return x + 1, {expression}\nrun = wrap(use)"
    return Program(f"{head}\n{body}", "run(x, v)", ())


#: Why, and the smallest program of that kind.
KNOWN: dict[str, Program] = {
    "what `torch.compile` gives for a module is the module when it is returned": _use(
        "v", "torch.compile(nn.Identity())"
    ),
}


@pytest.mark.parametrize(
    "why",
    [
        pytest.param(why, marks=pytest.mark.xfail(reason=why, strict=True))
        for why in (KNOWN if compat.RUNNING.release[:2] == (2, 13) else ())
    ],
)
def test_what_is_wrong_is_known(why: str) -> None:
    (verdict,) = judge([KNOWN[why]])
    assert verdict.statuses["sound"] in ("right", "refused"), verdict.failures


@pytest.mark.parametrize("why", KNOWN)
def test_it_is_torch_that_is_wrong(why: str) -> None:
    """And nothing is worse than on torch alone, on any release."""
    (verdict,) = judge([KNOWN[why]])
    assert verdict.statuses["torch"] == verdict.statuses["stock"]
    if verdict.failures:
        assert verdict.statuses["sound"] == "wrong as torch"


def test_an_exception_that_leaves_the_function_is_refused_as_by_torch() -> None:
    """Code that torch compiled before raises it too; where it compiles anew, it refuses."""
    head = """\
def signed(a=1, b=2): pass
class Holder: pass
holder = Holder()
holder.v = inspect.signature(signed)
def use(x, holder):
    return x + 1, len(holder.v.parameters), holder.v.parameters['a'].default
run = wrap(use)
"""
    program = Program(head, "run(x, holder)", ("holder.v = inspect.signature(len)",))
    (verdict,) = judge([program])
    assert not verdict.failures.keys() - {AS_TORCH}
    assert verdict.statuses["sound"] in ("right", "refused", "refused as torch")


def test_an_error_that_torch_lays_to_the_user_is_a_refusal() -> None:
    """torch breaks the graph there where it may, as at any other refusal."""
    head = "def use(x, v):\n    return x + 1, copy.copy(v.a)\nv, run = {1}, wrap(use)"
    (verdict,) = judge([Program(head, "run(x, v)", ())])
    assert verdict.failures.keys() <= {AS_TORCH}
    assert verdict.statuses["stock"] == verdict.statuses["torch"] == "refused"
    assert verdict.statuses["sound"] == "refused"
