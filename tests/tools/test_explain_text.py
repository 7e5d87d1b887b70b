"""The text of ``vartrack explain`` on real programs: what matters first, whole at any width."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from command_line import explain
from rich.text import Text

import vartrack
from vartrack.explanation.report.selecting import Selection
from vartrack.explanation.text import as_text, full
from vartrack.explanation.text.lines import columns
from vartrack.explanation.wording.words import (
    check_in_words,
    function_in_words,
    in_words,
    is_of_the_tracer,
)

WIDTHS = (60, 80, 120, 200)
PROGRAM = """
import torch

def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel
    config = GPT2Config(n_layer=2, n_embd=16, n_head=2, vocab_size=50, n_positions=32,
                        bos_token_id=1, eos_token_id=2)
    return GPT2LMHeadModel(config), (torch.randint(0, 50, (2, 8)),), {}

def bert():
    from transformers import BertConfig, BertModel
    return BertModel(BertConfig(num_hidden_layers=1, hidden_size=16, num_attention_heads=2,
        intermediate_size=32, vocab_size=50)), (torch.randint(0, 50, (2, 8)),), {}

def vit():
    from transformers import ViTConfig, ViTModel
    return ViTModel(ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, image_size=16, patch_size=8)), (torch.rand(1, 3, 16, 16),), {}

class Settings:
    scale = 2.0

def troubled(x, mode, settings):
    y = x * settings.scale
    print("a line of the program")
    y = y * 2
    torch._dynamo.graph_break()
    y = y - 1
    if y.sum() > 0:
        y = y + 1
    return y + len(mode)

def trouble():
    settings = Settings()
    calls = [(torch.ones(3), "a"), (torch.ones(4), "a"), (torch.ones(4), "bb")]
    return troubled, [((x, mode, settings), {}) for x, mode in calls]
"""
NAMES = ("gpt2", "bert", "vit", "trouble")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("programs") / "program.py"
    file.write_text(PROGRAM)
    return file


@pytest.fixture(scope="module")
def explained(program: Path, request: pytest.FixtureRequest) -> dict[str, vartrack.Explanation]:
    """Each program, as the command line has written it."""
    found = {}
    for name in NAMES:
        file = program.parent / f"{name}.json"
        assert explain(f"{program}:{name}", "--json", "--output", file) == 0
        found[name] = vartrack.Explanation.load(file)
    return found


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def is_one_word(line: str) -> bool:
    return len(re.findall(r"\w[\w.()\[\]'=,/:<>-]*", line.strip("│├╰─ "))) <= 1


@pytest.mark.parametrize("form", ["summary", "full", "guards"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_or_cut_inside_a_word_at_any_width(
    explained: Any, name: str, form: str
) -> None:
    widest = words(explained[name].text(1000, form))
    for width in WIDTHS:
        text = explained[name].text(width, form)
        assert words(text) == widest
        for line in text.splitlines():
            assert len(line) <= width or is_one_word(line), line


@pytest.mark.parametrize("width", WIDTHS)
def test_a_name_that_is_too_long_for_its_column_has_a_line_of_its_own(width: int) -> None:
    rows = [
        ["4.32 ms", "_register_model_output_pytree_node", "function  Functions"],
        ["0.01 ms", "x", "Tensor  Tensors"],
    ]
    text = columns([[Text(cell) for cell in row] for row in rows], width).plain
    assert words(text) == words(" ".join(map(" ".join, rows)))
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(("name", "width"), [*zip(NAMES, WIDTHS, strict=True), ("trouble", 60)])
def test_from_the_command_line(
    program: Path, name: str, width: int, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.chdir(program.parent)
    assert explain(f"{program.name}:{name}") == 0
    text = capsys.readouterr().out.replace("a line of the program\n", "")
    assert "vartrack explain " in text
    assert "Dearest values" in text and "Dearest guards" in text
    assert "More: --full" in text
    if width >= 80:
        assert len(text.splitlines()) <= 64


def test_trouble_comes_first_with_its_place_and_the_way_out(explained: Any) -> None:
    found = explained["trouble"]
    text = " ".join(found.text(200).split())
    order = [
        "9 graphs; 6 graph breaks; 9 compiles, 5 of code compiled before",
        'print("a line of the program")',
        "Way out: ",
        "torch._dynamo.graph_break()",
        "Way out: Remove the `torch._dynamo.graph_break()` call.",
        "if y.sum() > 0:",
        "troubled, for call 2: size of x, (3,) float32 before and (4,) float32 now",
        "relied on at ",
        "Way out: torch._dynamo.mark_dynamic(x, 0) before the first call.",
        "mend the graph break before this line",
        "string of mode, 'a' before and 'bb' now",
        "compile 0/0 of troubled ran in 1 call: 1",
        "Dearest values",
        "Dearest guards",
        'More: text(form="full")',
    ]
    places = [text.index(each) for each in order]
    assert places == sorted(places)


def test_module_paths_are_those_of_the_user(explained: Any) -> None:
    text = explained["gpt2"].text(200, "full")
    assert "├─.h  torch.nn.modules.container.ModuleList" in text
    assert "├─[0]  transformers.models.gpt2.modeling_gpt2.GPT2Block" in text
    for hidden in ("_modules", "_parameters", "__builtins__", "__dict__['"):
        assert hidden not in text, hidden
    assert "transformer.h[0].attn" in explained["gpt2"].text(200, "guards")


def selected(found: vartrack.Explanation, **options: Any) -> str:
    return as_text(full(found, 160, Selection(**options)), 160)


def test_values_can_be_chosen(explained: Any) -> None:
    found = explained["gpt2"]
    text = selected(found, only="*.h[1].attn.c_attn.weight")
    assert "─.weight" in text and "─[1]" in text
    assert ".wte" not in text and "─[0]" not in text
    assert selected(found, only="h[1].attn.c_attn.weight") == text
    assert "more values not shown" in text
    shallow = selected(found, depth=1)
    assert "self" in shallow and ".wte" not in shallow
    mine = selected(explained["trouble"], mine=True)
    assert "─settings  program.Settings" in mine and "─mode" not in mine


@pytest.mark.parametrize("sort", ["time", "guards", "source"])
def test_values_can_be_sorted(explained: Any, sort: str) -> None:
    (compile,) = explained["bert"].compiles
    chosen = Selection(sort=sort).of(compile.values)
    keys = {
        "time": [-value.nanoseconds for value in chosen],
        "source": [in_words(value.source) for value in chosen],
        "guards": [-sum(1 for _ in walk(value)) for value in chosen],
    }[sort]
    assert keys == sorted(keys)
    assert len(chosen) > 1


def walk(value: Any) -> Any:
    yield from value.guards
    for child in value.children:
        yield from walk(child)


def test_times_say_of_how_many_builds_they_are(explained: Any) -> None:
    assert "time of one build" in explained["bert"].text()
    assert "median time of the builds" in explained["trouble"].text()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("L['self']", "self"),
        ("L['self'].__dict__['_modules']['h'].__dict__['_modules']['0']", "self.h[0]"),
        ("L['self']._modules['h']._modules['0']._parameters['weight']", "self.h[0].weight"),
        ("G['LIMIT']", "LIMIT"),
        ("G['__import_torch_dot_nn_dot_functional'].relu", "torch.nn.functional.relu"),
        ("G['__builtins_dict___12']['len']", "len"),
        ("L['config']['a key']", "config['a key']"),
        ("dict(type(L['x']).__dict__)['run']", "type(x).run"),
        ("L['f'].__closure__[0].cell_contents", "f.<closure 0>"),
    ],
)
def test_a_source_in_the_users_words(source: str, expected: str) -> None:
    assert in_words(source) == expected


@pytest.mark.parametrize(
    ("source", "of_the_tracer"),
    [
        ("L['self'].__dict__['_modules']", True),
        ("L['self']._parameters", True),
        ("L['self']._forward_hooks", True),
        ("G['__builtins_dict___12']['len']", True),
        ("G['__import_torch_dot_nn']", True),
        ("L['self'].__class__", True),
        ("L['self'].__dict__['_modules']['h']", False),
        ("L['self']._my_modules", False),
        ("L['x']", False),
        ("G['LIMIT']", False),
    ],
)
def test_what_only_the_tracer_reads(source: str, of_the_tracer: bool) -> None:
    assert is_of_the_tracer(source) is of_the_tracer


def test_checks_and_functions_in_words() -> None:
    assert check_in_words("___check_type_id(L['x'], 123), type=<class 'A'>") == "type(x) is A"
    assert check_in_words("L['x'] == 3") == "x == 3"
    assert function_in_words("torch_dynamo_resume_in_run_at_7") == "run resumed at line 7"
    assert function_in_words("run") == "run"


def test_a_form_that_there_is_not(explained: Any) -> None:
    with pytest.raises(ValueError, match="no form 'tree'"):
        explained["bert"].text(form="tree")


def test_the_readmes_first_command_prints_the_short_form() -> None:
    """And the README shows it."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("vartrack explain examples/encoder.py ──")[2].partition("```")[0]
    assert "1 graph; 0 graph breaks; 1 compile" in shown
    for part in ("Dearest values", "Dearest guards", "More: --full"):
        assert part in shown
