"""The state of the process."""

import contextvars
import math
import os
import sys
import threading

import torch

from cases.programs.common import PR, PT, ones
from cases.registering import case


@case("process state", PR + "189027", 2, "a variable of the environment changes, os.environ.get")
def environ_get(wrap):
    os.environ["CASES_FLAG"] = "1"
    f = wrap(lambda x: x + 1 if int(os.environ.get("CASES_FLAG", "0")) else x - 1)
    yield lambda: f(ones())
    os.environ["CASES_FLAG"] = "0"
    yield lambda: f(ones())


@case("process state", PR + "189027", 2, "os.environ[...]", sibling=True)
def environ_item(wrap):
    os.environ["CASES_FLAG"] = "1"
    f = wrap(lambda x: x + 1 if os.environ["CASES_FLAG"] == "1" else x - 1)
    yield lambda: f(ones())
    os.environ["CASES_FLAG"] = "0"
    yield lambda: f(ones())


@case("process state", PT + "186449", 2, "a context variable is set between calls")
def context_variable(wrap):
    v = contextvars.ContextVar("v", default=2)
    f = wrap(lambda x: x * v.get())
    yield lambda: f(ones())
    v.set(9)
    yield lambda: f(ones())


@case("process state", PT + "104066", 2, "a thread local is set between calls")
def thread_local(wrap):
    t = threading.local()
    t.n = 2
    f = wrap(lambda x: x * t.n)
    yield lambda: f(ones())
    t.n = 9
    yield lambda: f(ones())


@case("process state", PT + "104066", 2, "a thread local is set in another thread", sibling=True)
def thread_local_other(wrap):
    t = threading.local()
    t.n = 2
    f = wrap(lambda x: x * getattr(t, "n", 9))
    yield lambda: f(ones())

    def elsewhere():
        got = []
        th = threading.Thread(target=lambda: got.append(f(ones())))
        th.start()
        th.join()
        return got

    yield elsewhere


@case("process state", PT + "167416", 1, "the number of threads changes, and nothing depends on it")
def num_threads(wrap):
    f = wrap(lambda x: x + 1)
    yield lambda: f(ones())
    torch.set_num_threads(2)
    yield lambda: f(ones())
    torch.set_num_threads(1)


@case(
    "process state", PT + "167416", 2, "torch.are_deterministic_algorithms_enabled()", sibling=True
)
def deterministic(wrap):
    f = wrap(lambda x: x + 1 if torch.are_deterministic_algorithms_enabled() else x - 1)
    yield lambda: f(ones())
    torch.use_deterministic_algorithms(True)
    yield lambda: f(ones())
    torch.use_deterministic_algorithms(False)


@case("process state", PT + "167416", 2, "float32 matmul precision", sibling=True)
def matmul_precision(wrap):
    f = wrap(lambda x: x + 1 if torch.get_float32_matmul_precision() == "highest" else x - 1)
    yield lambda: f(ones())
    torch.set_float32_matmul_precision("high")
    yield lambda: f(ones())
    torch.set_float32_matmul_precision("highest")


@case("process state", PT + "167416", 2, "a flag of torch.backends", sibling=True)
def backends_flag(wrap):
    old = torch.backends.cudnn.benchmark
    f = wrap(lambda x: x + 1 if torch.backends.cudnn.benchmark else x - 1)
    torch.backends.cudnn.benchmark = False
    yield lambda: f(ones())
    torch.backends.cudnn.benchmark = True
    yield lambda: f(ones())
    torch.backends.cudnn.benchmark = old


@case(
    "process state",
    PR + "159913",
    2,
    "a value of a module of the standard library is replaced",
    sibling=False,
)
def stdlib_value(wrap):
    old = math.pi
    f = wrap(lambda x: x * math.pi)
    yield lambda: f(ones())
    math.pi = 9.0
    try:
        yield lambda: f(ones())
    finally:
        math.pi = old


@case("process state", PR + "159913", 2, "sys.argv", sibling=True)
def sys_argv(wrap):
    old = sys.argv
    sys.argv = ["a"]
    f = wrap(lambda x: x * len(sys.argv))
    yield lambda: f(ones())
    sys.argv = ["a", "b", "c"]
    try:
        yield lambda: f(ones())
    finally:
        sys.argv = old


@case("process state", PR + "159913", 2, "the level of a logger", sibling=True)
def logger_level(wrap):
    import logging

    log = logging.getLogger("cases")
    log.setLevel(10)
    f = wrap(lambda x: x * log.level)
    yield lambda: f(ones())
    log.setLevel(30)
    yield lambda: f(ones())
