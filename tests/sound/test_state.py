"""The environment, names that hide builtins, and settings."""

from __future__ import annotations

import builtins
import contextvars
import decimal
import logging
import os
import random
import sys
import threading
import types
from typing import Any

import pytest
import torch
from facts import Plan, Plans, both_runs

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


# state
@plan
def environ_get(wrap):
    f = wrap(lambda x: x * len(os.environ.get("VT_X", "ab")))
    yield lambda: f(ONE)
    os.environ["VT_X"] = "abcde"
    try:
        yield lambda: f(ONE)
    finally:
        del os.environ["VT_X"]


@plan
def environ_item(wrap):
    os.environ["VT_Y"] = "ab"
    f = wrap(lambda x: x * len(os.environ["VT_Y"]))
    yield lambda: f(ONE)
    os.environ["VT_Y"] = "abcde"
    try:
        yield lambda: f(ONE)
    finally:
        del os.environ["VT_Y"]


@plan
def getenv(wrap):
    f = wrap(lambda x: x * int(os.getenv("VT_Z", "2")))
    yield lambda: f(ONE)
    os.environ["VT_Z"] = "9"
    try:
        yield lambda: f(ONE)
    finally:
        del os.environ["VT_Z"]


@plan
def environ_in(wrap):
    f = wrap(lambda x: x * 2 if "VT_W" in os.environ else x * 3)
    yield lambda: f(ONE)
    os.environ["VT_W"] = "9"
    try:
        yield lambda: f(ONE)
    finally:
        del os.environ["VT_W"]


@plan
def environ_len(wrap):
    f = wrap(lambda x: x * len(os.environ))
    yield lambda: f(ONE)
    os.environ["VT_V"] = "9"
    try:
        yield lambda: f(ONE)
    finally:
        del os.environ["VT_V"]


@plan
def expanduser(wrap):
    old = os.environ.get("HOME")
    os.environ["HOME"] = "/a"
    f = wrap(lambda x: (x + 1, os.path.expanduser("~/x")))
    yield lambda: f(ONE)
    os.environ["HOME"] = "/b"
    yield lambda: f(ONE)
    os.environ["HOME"] = old


@plan
def expandvars(wrap):
    os.environ["VT_U"] = "/a"
    f = wrap(lambda x: (x + 1, os.path.expandvars("$VT_U/x")))
    yield lambda: f(ONE)
    os.environ["VT_U"] = "/b"
    yield lambda: f(ONE)


@plan
def getcwd(wrap):
    old = os.getcwd()
    os.chdir("/")
    f = wrap(lambda x: (x + 1, os.getcwd()))
    yield lambda: f(ONE)
    os.chdir("/tmp")
    yield lambda: f(ONE)
    os.chdir(old)


@plan
def abspath(wrap):
    old = os.getcwd()
    os.chdir("/")
    f = wrap(lambda x: (x + 1, os.path.abspath("q")))
    yield lambda: f(ONE)
    os.chdir("/tmp")
    yield lambda: f(ONE)
    os.chdir(old)


@plan
def exists(wrap):
    f = wrap(lambda x: (x + 1, os.path.exists("/tmp/vt_exists")))
    yield lambda: f(ONE)
    open("/tmp/vt_exists", "w").close()
    yield lambda: f(ONE)
    os.unlink("/tmp/vt_exists")


@plan
def builtin_hidden(wrap):
    ns = {"torch": torch}
    exec("def fn(x): return x*len([1,2])", ns)
    f = wrap(ns["fn"])
    yield lambda: f(ONE)
    ns["len"] = lambda l: 9
    yield lambda: f(ONE)


@plan
def builtin_hidden_inlined(wrap):
    ns = {"torch": torch}
    exec("def g(x): return x*abs(-2)\ndef fn(x): return g(x)", ns)
    f = wrap(ns["fn"])
    yield lambda: f(ONE)
    ns["abs"] = lambda l: 9
    yield lambda: f(ONE)


GG = globals()


@plan
def builtin_hidden_module(wrap):
    f = wrap(lambda x: x * max(1, 2))
    yield lambda: f(ONE)
    GG["max"] = lambda a, b: 9
    try:
        yield lambda: f(ONE)
    finally:
        del GG["max"]


@plan
def builtin_hidden_method(wrap):
    class A:
        def act(s, x):
            return x * min(5, 2)

    a = A()
    f = wrap(lambda x: a.act(x))
    yield lambda: f(ONE)
    GG["min"] = lambda a, b: 9
    try:
        yield lambda: f(ONE)
    finally:
        del GG["min"]


@plan
def global_deleted(wrap):
    GG["abs"] = lambda n: 2
    f = wrap(lambda x: x * abs(-9))
    yield lambda: f(ONE)
    del GG["abs"]
    yield lambda: f(ONE)


@plan
def builtins_changed(wrap):
    f = wrap(lambda x: x * vt_special(2) if hasattr(builtins, "vt_special") else x * 3)
    yield lambda: f(ONE)
    builtins.vt_special = lambda n: 9
    try:
        yield lambda: f(ONE)
    finally:
        del builtins.vt_special


@plan
def name_error(wrap):
    def fn(x):
        try:
            return x * NO_SUCH_VT
        except NameError:
            return x * 2

    f = wrap(fn)
    yield lambda: f(ONE)
    GG["NO_SUCH_VT"] = 9
    try:
        yield lambda: f(ONE)
    finally:
        del GG["NO_SUCH_VT"]


def _with_digits(use: Any) -> Any:
    def program(wrap):
        def tried(x: torch.Tensor) -> torch.Tensor:
            try:
                use()
            except ValueError:
                return x
            return x * 2

        def limited(digits: int) -> torch.Tensor:
            old = sys.get_int_max_str_digits()
            sys.set_int_max_str_digits(digits)
            try:
                return f(ONE)
            finally:
                sys.set_int_max_str_digits(old)

        f = wrap(tried)
        for digits in (4300, 640, 4300):
            yield lambda: limited(digits)  # noqa: B023  # it is called before the next

    return program


for _name, _use in {
    "digits_of_a_text": lambda: str(10**700),
    "digits_of_an_f_string": lambda: f"{10**700}",
    "digits_of_a_number": lambda: int("1" * 700),
}.items():
    PLANS[_name] = _with_digits(_use)


@plan
def recursion_limit(wrap):
    old = sys.getrecursionlimit()
    f = wrap(lambda x: (x + 1, sys.getrecursionlimit()))
    yield lambda: f(ONE)
    sys.setrecursionlimit(old + 77)
    try:
        yield lambda: f(ONE)
    finally:
        sys.setrecursionlimit(old)


@plan
def random_instance(wrap):
    r = random.Random(3)
    f = wrap(lambda x: x * r.random())
    yield lambda: (r.seed(3), f(ONE))[1]
    yield lambda: (r.seed(4), f(ONE))[1]


@plan
def random_getstate(wrap):
    f = wrap(lambda x: (x + 1, random.getstate()[0]))
    yield lambda: f(ONE)


@plan
def random_choice(wrap):
    r = random.Random(3)
    f = wrap(lambda x: x * r.randint(1, 100))
    yield lambda: (r.seed(3), f(ONE))[1]
    yield lambda: (r.seed(5), f(ONE))[1]


@plan
def random_arg(wrap):
    f = wrap(lambda x, r: x * r.randint(1, 100))
    yield lambda: f(ONE, random.Random(3))
    yield lambda: f(ONE, random.Random(5))


@plan
def random_sample(wrap):
    f = wrap(lambda x, r: (x + 1, r.sample(range(9), 3)))
    yield lambda: f(ONE, random.Random(3))
    yield lambda: f(ONE, random.Random(5))


@plan
def random_shuffled(wrap):
    def shuffled(x, r):
        items = [1, 2, 3, 4, 5]
        r.shuffle(items)
        return x + 1, items

    f = wrap(shuffled)
    yield lambda: f(ONE, random.Random(3))
    yield lambda: f(ONE, random.Random(5))


@plan
def random_set_back(wrap):
    def twice(x, r):
        before = r.getstate()
        first = r.random()
        r.setstate(before)
        return x + 1, first, r.random()

    f = wrap(twice)
    yield lambda: f(ONE, random.Random(3))
    yield lambda: f(ONE, random.Random(5))


@plan
def decimal_prec(wrap):
    d = decimal.Decimal(1)
    f = wrap(lambda x: (x + 1, str(d / 3)))
    yield lambda: f(ONE)
    with decimal.localcontext() as c:
        c.prec = 5
        yield lambda: f(ONE)


@plan
def argv(wrap):
    f = wrap(lambda x: (x + 1, len(sys.argv)))
    yield lambda: f(ONE)
    sys.argv.append("q")
    try:
        yield lambda: f(ONE)
    finally:
        sys.argv.pop()


@plan
def sys_modules(wrap):
    f = wrap(lambda x: x * 2 if "vt_no_module" in sys.modules else x * 3)
    yield lambda: f(ONE)
    sys.modules["vt_no_module"] = types.ModuleType("vt_no_module")
    try:
        yield lambda: f(ONE)
    finally:
        del sys.modules["vt_no_module"]


@plan
def module_attr_missing(wrap):
    m = types.ModuleType("vt_m")
    GG["vt_m"] = m
    f = wrap(lambda x: x * getattr(vt_m, "n", 2))
    yield lambda: f(ONE)
    m.n = 9
    yield lambda: f(ONE)


@plan
def module_getattr_fn(wrap):
    m = types.ModuleType("vt_m2")
    GG["vt_m2"] = m
    m.n = 2
    f = wrap(lambda x: x * vt_m2.n)
    yield lambda: f(ONE)
    m.n = 9
    yield lambda: f(ONE)


@plan
def default_dtype(wrap):
    f = wrap(lambda x: torch.ones(2))
    yield lambda: f(ONE)
    torch.set_default_dtype(torch.float64)
    try:
        yield lambda: f(ONE)
    finally:
        torch.set_default_dtype(torch.float32)


@plan
def get_default_dtype(wrap):
    f = wrap(lambda x: x * 2 if torch.get_default_dtype() == torch.float32 else x * 3)
    yield lambda: f(ONE)
    torch.set_default_dtype(torch.float64)
    try:
        yield lambda: f(ONE)
    finally:
        torch.set_default_dtype(torch.float32)


@plan
def matmul_precision(wrap):
    old = torch.get_float32_matmul_precision()
    f = wrap(lambda x: (x + 1, torch.get_float32_matmul_precision()))
    yield lambda: f(ONE)
    torch.set_float32_matmul_precision("high")
    try:
        yield lambda: f(ONE)
    finally:
        torch.set_float32_matmul_precision(old)


@plan
def tf32(wrap):
    f = wrap(lambda x: x * 2 if torch.backends.cudnn.benchmark else x * 3)
    yield lambda: f(ONE)
    with torch.backends.cudnn.flags(benchmark=True):
        yield lambda: f(ONE)


@plan
def deterministic(wrap):
    f = wrap(lambda x: x * 2 if torch.are_deterministic_algorithms_enabled() else x * 3)
    yield lambda: f(ONE)
    torch.use_deterministic_algorithms(True)
    try:
        yield lambda: f(ONE)
    finally:
        torch.use_deterministic_algorithms(False)


@plan
def grad_mode(wrap):
    f = wrap(lambda x: x * 2 if torch.is_grad_enabled() else x * 3)
    yield lambda: f(ONE)
    with torch.no_grad():
        yield lambda: f(ONE)


@plan
def autocast(wrap):
    f = wrap(lambda x: x * 2 if torch.is_autocast_enabled("cpu") else x * 3)
    yield lambda: f(ONE)
    with torch.autocast("cpu"):
        yield lambda: f(ONE)


@plan
def anomaly(wrap):
    f = wrap(lambda x: x * 2 if torch.is_anomaly_enabled() else x * 3)
    yield lambda: f(ONE)
    with torch.autograd.set_detect_anomaly(True):
        yield lambda: f(ONE)


@plan
def printoptions(wrap):
    f = wrap(lambda x: (x + 1, torch._tensor_str.PRINT_OPTS.precision))
    yield lambda: f(ONE)
    torch.set_printoptions(precision=7)
    try:
        yield lambda: f(ONE)
    finally:
        torch.set_printoptions(precision=4)


@plan
def contextvar(wrap):
    v = contextvars.ContextVar("v", default=2)
    f = wrap(lambda x: x * v.get())
    yield lambda: f(ONE)
    t = v.set(9)
    yield lambda: f(ONE)


@plan
def threadlocal(wrap):
    t = threading.local()
    t.n = 2
    f = wrap(lambda x: x * t.n)
    yield lambda: f(ONE)
    t.n = 9
    yield lambda: f(ONE)


@plan
def threadlocal_missing(wrap):
    t = threading.local()
    f = wrap(lambda x: x * getattr(t, "n", 2))
    yield lambda: f(ONE)
    t.n = 9
    yield lambda: f(ONE)


@plan
def literal_among_the_builtins(wrap):
    """Which torch takes for one of Python's own, and dies of if it came later."""
    builtins.scale_of_tests = 2
    try:
        f = wrap(lambda x: x * scale_of_tests)  # noqa: F821
        yield lambda: f(ONE)
        builtins.scale_of_tests = 3
        yield lambda: f(ONE)
        builtins.scale_of_tests = "text"
        g = wrap(lambda x: x * len(scale_of_tests))  # noqa: F821
        yield lambda: g(ONE)
    finally:
        del builtins.scale_of_tests


@plan
def name_that_was_no_builtin(wrap):
    def run(x):
        try:
            return x * scale_of_tests  # noqa: F821
        except NameError:
            return x

    f = wrap(run)
    yield lambda: f(ONE)
    builtins.scale_of_tests = 3
    try:
        yield lambda: f(ONE)
    finally:
        del builtins.scale_of_tests


@plan
def builtins_of_its_own(wrap):
    names: dict[str, Any] = {"__builtins__": dict(vars(builtins))}
    exec("def act(x):\n    return x * len([1, 2]) if Ellipsis is ... else x", names)
    act = names["act"]
    f = wrap(lambda x: act(x) + len([1]))
    yield lambda: f(ONE)
    names["__builtins__"]["len"] = lambda items: 7
    yield lambda: f(ONE)
    names["__builtins__"]["Ellipsis"] = 2
    yield lambda: f(ONE)


@plan
def globals_without_builtins(wrap):
    """torch dies where it goes on in the function itself."""
    names = {"scale": 2}
    act = types.FunctionType((lambda x: x * scale).__code__, names)  # noqa: F821
    f = wrap(lambda x: act(x))
    yield lambda: f(ONE)
    names["scale"] = 5
    yield lambda: f(ONE)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)
