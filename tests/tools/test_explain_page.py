"""``explain --html``: one page, looked at in headless Chromium where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import explain

import vartrack
from vartrack.explanation import Explanation, explain_calls

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
PROGRAM = """
import torch

def target():
    from transformers import GPT2Config, GPT2LMHeadModel
    config = GPT2Config(n_layer=4, n_embd=32, n_head=2, vocab_size=100, n_positions=64,
                        bos_token_id=1, eos_token_id=2)
    return GPT2LMHeadModel(config), [((torch.randint(0, 100, (2, n)),), {}) for n in (16, 8)]
"""


class Settings:
    scale = 2.0


def troubled(x: torch.Tensor, settings: Settings) -> torch.Tensor:
    x = x * settings.scale
    torch._dynamo.graph_break()  # <script>alert(1)</script>
    return x + 1


@pytest.fixture(scope="module")
def found() -> Explanation:
    calls = [((torch.ones(n), Settings()), {}) for n in (3, 4)]
    return explain_calls(troubled, calls, target="<b>troubled</b>", guard_seconds=1.0)


def test_it_is_one_file_that_asks_for_nothing(found: Explanation) -> None:
    page = found.to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", page)
    assert not re.search(r"https?://|@import|url\(", page.partition("<main")[0])
    assert "fetch(" not in page and "XMLHttpRequest" not in page


def test_text_of_the_program_is_never_markup(found: Explanation) -> None:
    page = found.to_html()
    assert "<b>troubled</b>" not in page and "&lt;b&gt;troubled&lt;/b&gt;" in page
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_it_has_what_matters(found: Explanation) -> None:
    page = " ".join(found.to_html().split())
    assert "Call to `torch._dynamo.graph_break()`" in page
    assert "torch._dynamo.mark_dynamic(x, 0) before the first call" in page
    assert "(3,) float32</code> before, <code>(4,) float32</code> now" in page
    link = re.search(r'is <a class="to-value" href="#(v0-\d+)"><code>x</code>', page)
    assert link is not None and f'<li id="{link[1]}" class="value"' in page


def test_redacted_it_has_no_values_and_no_lines_of_the_program(found: Explanation) -> None:
    page = found.to_html(redact=True)
    assert "float32" not in page.replace("test_explain_page", "")
    assert "alert(1)" not in page


def test_a_program_without_anything() -> None:
    page = Explanation("nothing", "default").to_html()
    assert "It ran, and Dynamo compiled nothing of it" in page


def test_a_path_that_cannot_be_written(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "program.py").write_text(
        "import torch\ndef target():\n    return torch.relu, (torch.ones(2),), {}\n"
    )
    for bad in (tmp_path / "nowhere" / "page.html", tmp_path):
        assert explain(tmp_path / "program.py", "--html", bad) == 2
        assert "[VT425]" in capsys.readouterr().err
    written = {each.name for each in tmp_path.iterdir()}
    assert written - {"__pycache__"} == {"program.py"}  # the first is that of the import


# in a browser

DRIVER = """
<script>
addEventListener("load", () => setTimeout(() => {
  const results = {};
  const $ = (id) => document.getElementById(id);
  const set = (id, value) => {
    const it = $(id);
    if (it.type === "checkbox") it.checked = value; else it.value = value;
    it.dispatchEvent(new Event("input"));
  };
  const visible = (list) => list.filter((each) => each.checkVisibility());
  const values = [...document.querySelectorAll(".value")];
  results.wide = document.documentElement.scrollWidth - innerWidth;
  results.values = values.length;
  results.guards = document.querySelectorAll(".guards li").length;
  set("search", "h[1].attn.c_attn.weight");
  results.searched = visible(values).map((v) => v.dataset.source);
  results.said = $("shown").textContent;
  set("search", "");
  set("inputs", true);
  results.inputs = visible(values).filter((v) => v.dataset.input).length;
  set("inputs", false);
  set("visitor", "Tensors");
  results.tensors = visible(values).filter((v) => !v.querySelector(".value"))
    .map((v) => v.dataset.visitor);
  set("visitor", "");
  set("sort", "time");
  const first = [...document.querySelector(".tree").children].map((v) => +v.dataset.time);
  results.sorted = first.every((time, n) => !n || first[n - 1] >= time);
  set("sort", "");
  results.unsorted = [...document.querySelectorAll(".value")].every((v, n) => v === values[n]);
  $("fold").click();
  results.folded = visible(values).length;
  const link = document.querySelector(".inputs .to-value");
  link.closest("details").open = true;
  link.click();
  const dark = getComputedStyle(document.body).backgroundColor;
  $("look").click();
  results.looks = [dark, getComputedStyle(document.body).backgroundColor];
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
  results.focus = document.activeElement.id;
  set("guard-search", "tensor_match");
  results.matched = visible([...document.querySelectorAll(".guards li")]).length;
  setTimeout(() => {
    const target = document.querySelector(".value:target");
    results.revealed = target !== null && target.checkVisibility();
    const out = document.createElement("pre");
    out.id = "results";
    out.textContent = JSON.stringify(results);
    document.body.append(out);
  }, 50);
}, 0));
</script>
</body>"""
CLOCK = """
<script>
addEventListener("load", () => {
  const out = document.createElement("pre");
  out.id = "results";
  out.textContent = JSON.stringify({ ready: performance.now() });
  document.body.append(out);
});
</script>
</body>"""


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of GPT-2 with four layers, in two sizes."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "program.py").write_text(PROGRAM)
    page = folder / "page.html"
    assert explain(folder / "program.py", "--html", page, "--output", folder / "out.txt") == 0
    return page


def browse(page: Path, width: int, driver: str, *more: str) -> tuple[dict[str, Any], str]:
    """What the driver found in a window of that width, and what the page wrote to the console."""
    driven = page.with_name(f"driven-{width}.html")
    driven.write_text(page.read_text(encoding="utf-8").replace("</body>", driver))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    options += [f"--window-size={width},1200", "--dump-dom", *more]
    profile = f"--user-data-dir={page.parent / f'profile-{width}'}"
    done = subprocess.run(
        [str(CHROMIUM), *options, profile, driven.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    told = re.search(r'<pre id="results">(.*?)</pre>', done.stdout)
    assert told is not None, done.stderr[-2000:]
    results: dict[str, Any] = json.loads(told[1].replace("&gt;", ">").replace("&amp;", "&"))
    return results, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize("width", [400, 1200])
def test_in_a_browser(gpt2: Path, width: int) -> None:
    results, said = browse(gpt2, width, DRIVER, "--virtual-time-budget=20000")
    assert said == ""
    ready, _ = browse(gpt2, width, CLOCK)
    assert ready["ready"] < 2000
    assert results["wide"] <= 0, "the page is wider than the window"
    assert results["guards"] > 2000 and results["values"] > 500
    assert any(source.endswith("h[1].attn.c_attn.weight") for source in results["searched"])
    assert 0 < len(results["searched"]) < 20
    assert re.fullmatch(rf"\d+ of {results['values']} values", results["said"])
    assert results["inputs"] > 50
    assert set(results["tensors"]) == {"Tensors"}
    assert results["sorted"] and results["unsorted"]
    assert 0 < results["folded"] < results["values"] / 3
    assert results["revealed"]
    assert results["looks"][0] != results["looks"][1]
    assert results["focus"] == "search"
    assert 0 < results["matched"] < results["guards"]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_an_error_in_the_page_would_be_seen(gpt2: Path) -> None:
    broken = CLOCK.replace("</script>", "nothing.at.all();</script>")
    _, said = browse(gpt2, 800, broken)
    assert "nothing is not defined" in said


def test_the_page_of_a_model_from_json_is_the_same_but_for_lines(found: Explanation) -> None:
    again = vartrack.Explanation.from_json(found.to_json())
    assert again.to_html().count("<li") == found.to_html().count("<li")
