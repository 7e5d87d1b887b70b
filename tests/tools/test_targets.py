"""Real targets: inputs on the command line, several calls, and those that cannot be compiled."""

from __future__ import annotations

import sys
import time
import types
import weakref
from pathlib import Path

import pytest
import torch
from command_line import explain, explained

import vartrack
from vartrack.__main__ import main
from vartrack.errors import TargetError
from vartrack.explanation.target import inputs, targets
from vartrack.explanation.target.limits import TimeLimit, time_limit

PROGRAM = """
import sys, threading, time
import torch

linear = torch.nn.Linear(4, 4)

def add(x, k=1):
    return x + k

def model():
    return linear

def several():
    return add, [((torch.ones(3),), {}), ((torch.ones(3),), {"k": 2})]

def none_at_all():
    return add, []

def a_bad_call():
    return add, [((torch.ones(3),), {}), (torch.ones(3),)]

async def later():
    return 1

def returns_async():
    async def inside(x):
        return x
    return inside, (torch.ones(1),), {}

def step_by_step():
    yield 1

class Object:
    async def __call__(self):
        return 1

awaited = Object()

def leaves():
    sys.exit(3)

def leaving(x):
    y = x + 1
    torch._dynamo.graph_break()
    sys.exit(int(y.sum()))

def leaves_inside():
    return leaving, (torch.ones(4),), {}

def rubbish():
    return {"answer": 3}

def held_in_a_dict():
    return {"model": linear}

def empty():
    return None

def hangs():
    while True:
        time.sleep(0.01)

def hang(x):
    y = x + 1
    torch._dynamo.graph_break()
    while True:
        time.sleep(0.01)

def hangs_inside():
    return hang, (torch.ones(1),), {}

def count(x):
    n = 0
    while n < 10**9:
        n += 1
    return x + n

def hangs_in_the_tracer():
    return count, (torch.ones(1),), {}

class Gone(BaseException):
    pass

def gone():
    raise Gone("of the test")

def going(x):
    raise Gone("of the test")

def gone_inside():
    return going, (torch.ones(1),), {}

inner = torch.compile(lambda x: x * 2, backend="eager")

def of_its_own(x):
    for _ in range(1):  # a break in a loop: it runs uncompiled, and what it calls does not
        torch._dynamo.graph_break()
        x = inner(x)
    return x

def compiles_itself():
    return of_its_own, (torch.ones(3),), {}

def threaded(x):
    done = []
    for _ in range(1):
        torch._dynamo.graph_break()
    thread = threading.Thread(target=lambda: done.append(inner(x)))
    thread.start()
    thread.join()
    return done[0]

def in_a_thread():
    return threaded, (torch.ones(3),), {}

def gpt2():
    from transformers import GPT2Config, GPT2Model
    config = GPT2Config(n_layer=1, n_embd=16, n_head=2, vocab_size=50, n_positions=32,
                        bos_token_id=1, eos_token_id=2)
    return GPT2Model(config), (torch.randint(0, 50, (2, 8)),), {}

def bert():
    from transformers import BertConfig, BertModel
    return BertModel(BertConfig(num_hidden_layers=1, hidden_size=16, num_attention_heads=2,
                                intermediate_size=32, vocab_size=50))
"""


@pytest.fixture
def program(tmp_path):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return file


def loaded(text: object, *described: str) -> targets.Target:
    with targets.importable(str(text)):
        return targets.load(str(text), [inputs.parse(described)] if described else [])


def one_line(text: str) -> str:
    return " ".join(text.split())


# lazy modules


class Lazy(types.ModuleType):
    """A module that answers every question by importing what is not there."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"{name} needs a package that is not installed")


@pytest.fixture
def lazy():
    sys.modules["lazy_module"] = module = Lazy("lazy_module")
    yield module
    del sys.modules["lazy_module"]


def test_a_lazy_module_that_happens_to_be_imported_is_never_asked(program, lazy, capsys):
    assert explain(program, "--input", "(3,)") == 2  # it has no `target`
    assert explain(f"{program}:linear", "--input", "(2, 4)") == 0


def test_a_lazy_module_as_the_target_says_what_it_lacks(lazy, capsys):
    assert explain("lazy_module:model") == 2
    error = capsys.readouterr().err
    assert "[VT404]" in error
    assert "model needs a package that is not installed" in error


def test_what_a_module_makes_on_demand_can_be_named(lazy):
    lazy.present = torch.nn.Linear(2, 2)
    assert targets.load("lazy_module:present", [((torch.ones(2),), {})]).call is lazy.present


@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_a_file_that_builds_a_model_of_transformers(program, capsys, name):
    given = [] if name == "gpt2" else ["--input", "(2, 8) int64"]
    data = explained(capsys, f"{program}:{name}", *given)
    assert data["totals"]["ran"]
    assert data["totals"]["graphs"] == 1
    assert data["values"] > 200


# inputs


def test_inputs_on_the_command_line_are_made_up():
    args, kwargs = inputs.parse(
        [
            "(2,16) int64",
            "(3) float64 cpu",
            "mask=(2, 16) bool",
            "scale=0.5",
            "'mean'",
            "None",
            "()",
        ]
    )
    tokens, vector, text, none, scalar = args
    assert (tuple(tokens.shape), tokens.dtype) == ((2, 16), torch.int64)
    assert tokens.max() < 2
    assert (tuple(vector.shape), vector.dtype) == ((3,), torch.float64)
    assert (text, none, tuple(scalar.shape)) == ("mean", None, ())
    assert kwargs["mask"].dtype is torch.bool
    assert kwargs["scale"] == 0.5


@pytest.mark.parametrize("text", ["(2, x)", "(2, 3", "(2,) int65", "(-1,)", "(True,)", "", "a b"])
def test_an_input_that_is_none_is_told(text, program, capsys):
    assert explain(f"{program}:linear", "--input", text) == 2
    assert "[VT422]" in capsys.readouterr().err


def test_inputs_are_for_what_takes_them(program):
    assert loaded(f"{program}:linear", "(2, 4)").args[0].shape == (2, 4)
    assert loaded(f"{program}:add", "(2,)", "k=3").kwargs == {"k": 3}
    assert isinstance(loaded(f"{program}:model", "(2, 4)").call, torch.nn.Linear)
    with pytest.raises(TargetError, match=r"VT407.*cannot be called with the inputs"):
        loaded(f"{program}:linear", "(2, 4)", "mask=(2,)")


@pytest.mark.parametrize(
    ("saved", "calls"),
    [
        (torch.ones(2, 4), 1),
        ((torch.ones(2, 4),), 1),
        ({"input": torch.ones(2, 4)}, 1),
        (((torch.ones(2, 4),), {}), 1),
        ([((torch.ones(2, 4),), {}), ((), {"input": torch.ones(3, 4)})], 2),
    ],
)
def test_inputs_from_a_file(program, tmp_path, saved, calls):
    file = tmp_path / "inputs.pt"
    torch.save(saved, file)
    read = inputs.read(file)
    assert len(read) == calls
    for args, kwargs in read:
        (tensor,) = [*args, *kwargs.values()]
        assert tensor.shape[1] == 4


def test_inputs_from_json(program, tmp_path, capsys):
    file = tmp_path / "inputs.json"
    file.write_text('[[["(2, 4)"], {}]]')
    ((args, kwargs),) = inputs.read(file)
    assert args[0].shape == (2, 4) and kwargs == {}
    assert explain(f"{program}:linear", "--inputs", file) == 0


@pytest.mark.parametrize("text", ["{", "3", '[["(2, x)"]]'])
def test_a_file_of_inputs_that_is_none_is_told(program, tmp_path, capsys, text):
    for name in ("inputs.json", "inputs.pt"):
        (tmp_path / name).write_text(text)
        assert explain(f"{program}:linear", "--inputs", tmp_path / name) == 2
        assert "[VT42" in capsys.readouterr().err
    assert explain(f"{program}:linear", "--inputs", tmp_path / "nowhere.pt") == 2
    assert explain(f"{program}:linear", "--inputs", tmp_path / "a.pt", "--input", "(2,)") == 2


# several calls


def test_a_factory_may_return_several_calls(program):
    target = loaded(f"{program}:several")
    assert [kwargs for _, kwargs in target.calls] == [{}, {"k": 2}]
    assert target.args[0].shape == (3,)
    with pytest.raises(TargetError, match="VT408"):
        loaded(f"{program}:none_at_all")


# what cannot be compiled


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("later", "an async function"),
        ("returns_async", "an async function"),
        ("awaited", "an async function"),
        ("step_by_step", "a generator function"),
    ],
)
def test_what_runs_nothing_when_it_is_called(program, capsys, name, kind):
    assert explain(f"{program}:{name}") == 2
    error = capsys.readouterr().err
    assert "[VT421]" in error and kind in error


def test_a_target_that_exits(program, capsys):
    assert explain(f"{program}:leaves") == 1
    assert "raised SystemExit: 3 [" in capsys.readouterr().err
    assert explain(f"{program}:leaves_inside") == 1
    assert "It compiled, and then raised SystemExit: 8 [" in one_line(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["rubbish", "held_in_a_dict", "empty"])
def test_a_factory_that_returns_rubbish(program, capsys, name):
    assert explain(f"{program}:{name}") == 1
    assert "[VT408]" in capsys.readouterr().err


def test_an_error_that_is_no_exception_is_told_as_any_other(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(f"{program}:gone") == 1
    assert "raised Gone: of the test [" in capsys.readouterr().err
    assert explain(f"{program}:gone_inside") == 1
    assert "raised Gone: of the test [" in one_line(capsys.readouterr().out)


def test_compare_fails_if_every_call_raised(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", f"{program}:gone_inside"]) == 1
    assert "1 call raised" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["hangs", "hangs_inside", "hangs_in_the_tracer"])
def test_a_target_that_hangs_is_ended(program, capsys, name):
    for limit in ("10", "60"):  # a loaded machine may take longer to be at the program's lines
        assert explain(f"{program}:{name}", "--time-limit", limit) == 1
        printed = capsys.readouterr()
        assert "[VT424]" in printed.err
        if "program.py:" in printed.err:
            break
    assert "program.py:" in printed.err
    assert printed.out == ""
    assert not vartrack.is_installed()


def test_the_time_limit_is_off_afterwards():
    with time_limit(0.05):
        pass
    with pytest.raises(TimeLimit), time_limit(0.05):
        while True:
            pass
    with time_limit(None):
        pass


class Going:
    """An object that goes at once, and whose going takes long."""

    def __init__(self, way, ended):
        self.ended = ended if way == "its own method" else None
        if way == "what ends it":
            weakref.finalize(self, busy, ended)

    def __del__(self):
        if self.ended is not None:
            busy(self.ended)


def busy(ended, reference=None):
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        pass
    ended.append(reference)


@pytest.mark.parametrize("way", ["its own method", "a weak reference to it", "what ends it"])
def test_a_limit_leaves_alone_what_runs_when_an_object_goes(way):
    """Python would only write down what is raised there."""
    ended = []
    with pytest.raises(TimeLimit), time_limit(0.05):
        held = Going(way, ended)
        kept = weakref.ref(held, lambda gone: busy(ended, gone)) if "weak" in way else None
        del held
        while True:
            pass
    assert ended
    assert kept is None or kept() is None


def test_a_limit_that_was_swallowed_comes_again():
    """As where it strikes in code that runs when an object goes."""
    swallowed = []
    with pytest.raises(TimeLimit), time_limit(0.05):
        try:
            while True:
                pass
        except TimeLimit:
            swallowed.append(1)
        while True:
            pass
    assert swallowed


def test_what_cleans_up_is_not_interrupted_again():
    ended = []
    with pytest.raises(TimeLimit), time_limit(0.05):
        try:
            while True:
                pass
        finally:
            for _ in range(12):
                time.sleep(0.1)
            try:
                raise ValueError
            except ValueError:
                time.sleep(0.6)
            ended.append(1)
    assert ended


# what ran


def test_the_compiles_of_the_target_itself_are_counted(program, capsys):
    data = explained(capsys, f"{program}:compiles_itself")
    assert data["totals"]["graphs"] == 1
    compiled = [compile["function"] for compile in data["compiles"] if not compile["skipped"]]
    assert compiled == ["<lambda>"]


def test_compiles_in_threads_run_on_the_registry_and_are_written_down(program, capsys):
    data = explained(capsys, f"{program}:in_a_thread")
    by_name = {compile["function"]: compile for compile in data["compiles"]}
    inner = by_name["<lambda>"]
    assert data["totals"]["graphs"] == 1
    assert [value["visitor"] for value in inner["values"] if value["source"] == "L['x']"] == [
        "Tensors"
    ]
    assert data["went_to_torch"] == 0


def test_what_is_wrong_with_the_calls_or_the_inputs_is_told(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(f"{program}:none_at_all") == 1
    assert "there are no calls in the list" in capsys.readouterr().err
    assert explain(f"{program}:a_bad_call") == 1
    assert "call 2 is (Tensor,)" in capsys.readouterr().err
    assert explain(f"{program}:add", "--input", "(3,)", "--input", "kk=2") == 2
    assert "unexpected keyword argument 'kk'" in capsys.readouterr().err


def test_compare_refuses_rubbish_as_explain_does(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("explain", "compare"):
        assert main([command, f"{program}:rubbish"]) == 1
        assert "[VT408]" in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--depth", "-1"), ("--time-limit", "soon")])
def test_a_bad_number_is_told(
    program: Path, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        explain(f"{program}:several", *option)
    assert error.value.code == 2
    assert f"{option[1]} is no number of" in capsys.readouterr().err


def test_files_that_cannot_be_read_or_written_are_told_in_two_lines(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.json").write_text("{[")
    for options in (
        ("--inputs", tmp_path / "broken.json"),
        ("--inputs", tmp_path / "nowhere.pt"),
        ("--input", "(3,)", "--output", tmp_path / "nowhere" / "out"),
    ):
        assert explain(f"{program}:add", *options) == 2
        assert "Traceback" not in (told := capsys.readouterr().err)
        assert len(told.strip().splitlines()) == 2
