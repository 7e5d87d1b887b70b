"""``python -m vartrack explain``: its targets, its output, its exit status."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from command_line import explain, explained
from forked import python

from vartrack.__main__ import main
from vartrack.errors import TargetError
from vartrack.explanation.target import targets

ROOT = Path(__file__).parents[2]
ENCODER = str(ROOT / "examples" / "encoder.py")

PROGRAM = """
import torch
import vartrack

print("importing")
calls = []

class Touchy:
    pass

class TouchyVisitor(vartrack.Sourced, vartrack.Visitor):
    types = (Touchy,)
    one_half = "none is made while tracing"
    unguarded = "it is never built"

    def visit_sourced(self, ctx, value):
        raise ValueError("no touching")

registry = vartrack.stock.derive("touchy registry")
registry.register(TouchyVisitor)
touchy = Touchy()

def add(x, k):
    return x + k

def target():
    calls.append("target")
    return add, (torch.ones(3), 1), {}

def by_keyword():
    return add, (torch.ones(3),), {"k": torch.ones(3)}

def itself():
    calls.append("itself")
    return torch.zeros(2) + torch.rand(2)

def touch(x):
    y = x + 1
    print("the program prints")
    return y + 1 if touchy else y

def touching():
    return touch, (torch.ones(3),), {}

class Holder:
    @staticmethod
    def inside():
        return add, (torch.ones(3), torch.ones(3)), {}

class Ready(torch.nn.Module):
    def forward(self):
        return torch.ones(2) + 1

class Waiting(torch.nn.Module):
    def forward(self, hidden, *, mask):
        return hidden + mask

ready = Ready()
waiting = Waiting()
number = 5

def pair():
    return add, (torch.ones(3), 1)

def listed():
    return add, [torch.ones(3), 1], {}

def keyed():
    return add, (torch.ones(3),), {1: 2}

def lone():
    return ready

def dies():
    raise ValueError("no such [red]luck[/red]")
"""


@pytest.fixture
def program(tmp_path):
    """A file with targets of every kind."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return file


# good targets


def test_a_file_alone_stands_for_its_target(program, capsys):
    data = explained(capsys, program)
    assert data["target"] == str(program)
    assert [compile["function"] for compile in data["compiles"]] == ["add"]


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("target", ["L['x']", "L['k']"]),
        ("by_keyword", ["L['x']", "L['k']"]),
        ("Holder.inside", ["L['x']", "L['k']"]),
        ("ready", ["G['torch']", "G['torch'].ones"]),
        ("itself", ["G['torch']", "G['torch'].zeros", "G['torch'].rand"]),
    ],
)
def test_a_name_is_a_factory_a_module_or_a_function(program, capsys, name, sources):
    data = explained(capsys, f"{program}:{name}")
    found = {value["source"] for compile in data["compiles"] for value in compile["values"]}
    assert set(sources) <= found


def test_a_factory_is_called_once_and_a_function_twice(program):
    with targets.importable(str(program)):
        factory = targets.load(str(program))
        calls = factory.call.__globals__["calls"]
        assert calls == ["target"]
        itself = targets.load(f"{program}:itself")
        assert calls == ["target", "itself"]
        assert itself.call.__name__ == "itself"
        assert itself.calls == [((), {})]


def test_a_module_is_found_in_this_folder(program, capsys, monkeypatch):
    monkeypatch.chdir(program.parent)
    data = explained(capsys, "program:by_keyword")
    assert data["totals"]["ran"]
    sys.modules.pop("program")


def test_a_file_finds_the_modules_next_to_it(program, capsys):
    (program.parent / "user_of_program.py").write_text("from program import target")
    assert explain(program.parent / "user_of_program.py") == 0
    sys.modules.pop("program")


def test_a_file_may_have_the_name_of_a_module_that_is_in_use(tmp_path, capsys):
    file = tmp_path / "torch.py"
    file.write_text("def target():\n    return len, ([],), {}\n")
    explain(file)
    assert sys.modules["torch"] is torch


def test_the_import_system_is_left_as_it_was(program, capsys):
    path, modules = list(sys.path), set(sys.modules)
    explain(program)
    assert sys.path == path
    assert not [name for name in set(sys.modules) - modules if "program" in name]


# bad targets

BAD = [
    ("{file}:", "VT401", "FILE.py:NAME"),
    ("{file}:no name", "VT401", "FILE.py:NAME"),
    ("{file}:a:b", "VT401", "FILE.py:NAME"),
    ("nothing", "VT401", "PACKAGE.MODULE:NAME"),
    (":target", "VT401", "PACKAGE.MODULE:NAME"),
    ("", "VT401", "FILE.py"),
    ("{folder}/pogram.py", "VT402", "program.py"),
    ("{folder}/nowhere/at_all.py", "VT402", "nowhere"),
    ("torch.nm:Linear", "VT403", "torch.nn"),
    ("vartrackk.deep:x", "VT403", "vartrack"),
    ("{folder}/broken.py", "VT404", "ZeroDivisionError: division by zero [{folder}/broken.py:2]"),
    ("{folder}/unwritten.py", "VT404", "SyntaxError"),
    ("{folder}/leaves.py", "VT404", "SystemExit: 3"),
    ("{folder}/needy.py:x", "VT404", "No module named 'not_installed_at_all'"),
    ("{file}:targt", "VT405", "take target."),
    ("{file}:Holder.insid", "VT405", "inside"),
    ("torch.nn:linear_layer", "VT405", "take "),
    ("{folder}/empty.py", "VT405", "stands for its `target`"),
    ("{file}:number", "VT406", "an int"),
    ("{file}:Ready", "VT406", "the class Ready"),
    ("{file}:add", "VT407", "needs x and k"),
    ("{file}:waiting", "VT407", "needs hidden and mask"),
    ("{file}:pair", "VT408", "(function, tuple)"),
    ("{file}:listed", "VT408", "(function, list, dict)"),
    ("{file}:keyed", "VT408", "(function, tuple, dict)"),
    ("{file}:lone", "VT408", "a Ready"),
    ("{file}:dies", "VT409", "ValueError: no such [red]luck[/red]"),
]


@pytest.mark.parametrize(("text", "code", "says"), BAD)
def test_a_bad_target_is_told_what_was_expected(program, capsys, text, code, says):
    folder = program.parent
    (folder / "broken.py").write_text("x = 1\nx / 0\n")
    (folder / "unwritten.py").write_text("def target(:\n")
    (folder / "leaves.py").write_text("raise SystemExit(3)\n")
    (folder / "needy.py").write_text("import not_installed_at_all\n")
    (folder / "empty.py").write_text("")
    places = {"file": program, "folder": folder}
    ran = code in ("VT408", "VT409")
    assert explain(text.format(**places)) == (1 if ran else 2)
    printed = capsys.readouterr()
    assert printed.out in ("", "importing\n")
    assert f"[{code}]" in printed.err
    assert "To fix it: " in printed.err
    assert says.format(**places) in printed.err


def test_the_cause_of_a_failed_import_is_shown_from_the_targets_own_code_on(tmp_path, capsys):
    (tmp_path / "below.py").write_text("def fail():\n    return {}['key']\n")
    (tmp_path / "above.py").write_text("import below\nbelow.fail()\n")
    assert explain(tmp_path / "above.py") == 2
    error = capsys.readouterr().err
    assert f'File "{tmp_path / "above.py"}", line 2' in error
    assert f'File "{tmp_path / "below.py"}", line 2' in error
    assert "importlib" not in error
    assert "vartrack" not in error
    sys.modules.pop("below", None)


def test_a_target_error_is_a_value_error_with_its_cause(program):
    with targets.importable(str(program)), pytest.raises(ValueError) as caught:
        targets.load(f"{program}:dies")
    assert isinstance(caught.value, TargetError)
    assert isinstance(caught.value.__cause__, ValueError)
    assert caught.value.fix


def test_a_bad_registry_is_a_bad_target(program, capsys):
    assert explain(program, "--registry", f"{program}:target") == 2
    assert "[VT410]" in capsys.readouterr().err
    assert explain(program, "--registry", "nothing") == 2
    assert "[VT401]" in capsys.readouterr().err


def test_bad_options_are_a_usage_error(capsys):
    for args in ([], ["explain"], ["explain", "x.py", "--dynamic", "perhaps"]):
        with pytest.raises(SystemExit) as caught:
            main(args)
        assert caught.value.code == 2


# options


def test_a_failing_visitor_shows_as_a_graph_break(program, capsys):
    where = ["--registry", f"{program}:registry", f"{program}:touching"]
    assert explain(*where) == 0  # the part before the print was compiled
    text = " ".join(capsys.readouterr().out.split())
    assert "vartrack: a visitor raised, at touchy, visitor TouchyVisitor" in text
    assert "ValueError: no touching" in text
    assert "touchy registry" in text
    data = explained(capsys, *where)
    last = data["breaks"][-1]
    assert (last["source"], last["visitor"]) == ("G['touchy']", "TouchyVisitor")


def test_with_fullgraph_a_break_fails_the_compile(program, capsys):
    assert explain("--fullgraph", f"{program}:touching") == 1
    assert "It raised Unsupported" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("dynamic", "tracker"), [("true", "SymNodeVariable"), ("false", "ConstantVariable")]
)
def test_sizes_are_symbols_if_asked(program, capsys, dynamic, tracker):
    data = explained(capsys, program, "--dynamic", dynamic)
    (value,) = [v for v in data["compiles"][0]["values"] if v["source"] == "L['k']"]
    assert value["tracker"] == tracker


def test_json_is_all_there_is_on_the_standard_output(program, capsys):
    assert explain("--json", f"{program}:touching") == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    assert "importing" in printed.err
    assert "the program prints" in printed.err


def test_the_width_of_plain_text_can_be_set(program, capsys, monkeypatch):
    monkeypatch.chdir(program.parent)
    for width in (70, 150):
        monkeypatch.setenv("COLUMNS", str(width))
        assert explain(program.name) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) == width


# the real thing


def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vartrack", *args],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_main_job():
    """The example compiles, and vartrack's visitors build at least 95 % of its values."""
    done = python("-m", "vartrack", "explain", "--json", "examples/encoder.py")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["totals"]["ran"]
    assert data["totals"]["share_percent"] >= 95
    assert data["totals"]["graph_breaks"] == 0
    rows = data["compiles"][0]["values"]
    values = {value["source"]: value for value in rows}
    config = values["L['model'].config"]
    assert config["type"] == "encoder.Config"
    assert rows[config["parent"]]["source"] == "L['model']"
    assert rows[values["L['model'].config.pooling"]["parent"]] is config
    assert values["L['tokens']"]["graph_input"]


def test_the_main_job_for_people():
    """Into a file it is plain text, no progress is shown, and any encoding will do."""
    done = run("explain", "examples/encoder.py", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "% built by vartrack's visitors" in done.stdout
    assert own_lines(done.stderr) == ""


def own_lines(error):
    """What is told besides torch's warning that its CUDA build is there without triton."""
    lines = error.splitlines(keepends=True)
    return "".join(line for line in lines if "triton not found" not in line)


def test_a_reader_that_has_enough_is_no_error(program):
    command = [sys.executable, "-m", "vartrack", "explain", "--json", str(program)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as running:
        running.stdout.close()
        error = running.stderr.read().decode()
    assert running.returncode == 0
    assert own_lines(error) == "importing\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_progress_is_shown_and_output_is_coloured():
    terminal, end = pty.openpty()
    code = textwrap.dedent(
        f"""
        import sys
        from vartrack.__main__ import main
        sys.exit(main(["explain", {ENCODER!r}]))
        """
    )
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    env.pop("NO_COLOR", None)
    with subprocess.Popen([sys.executable, "-c", code], stdout=end, stderr=end, env=env) as running:
        os.close(end)
        seen = b""
        with contextlib.suppress(OSError):  # the way a pseudo-terminal says that it ends
            while part := os.read(terminal, 65536):
                seen += part
    os.close(terminal)
    assert running.returncode == 0
    text = seen.decode()
    assert f"compiling {ENCODER}" in text
    assert "\x1b[1mmodel.embedding.weight" in text
