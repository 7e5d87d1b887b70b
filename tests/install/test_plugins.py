"""Plugins of real installed packages: loaded when needed, switched off, broken, taken out again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import torch

import vartrack
from vartrack import Registry, plugins
from vartrack.errors import PluginError, PluginWarning

VISITOR = """
from decimal import Decimal
from fractions import Fraction
from datetime import timedelta
import vartrack

class Money(vartrack.ConstantVisitor):
    types = (Decimal,)
    key = staticmethod(str)

class Ratios(vartrack.ConstantVisitor):
    types = (Fraction,)

class Spans(vartrack.ConstantVisitor):
    types = (timedelta,)
"""

Install = Callable[..., None]


@pytest.fixture
def install_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package: one module, and a ``.dist-info`` with its entry points."""

    def install(code: str, package: str = "acme_money", version: str = "1.2", **names: str) -> None:
        (tmp_path / f"{package}.py").write_text(VISITOR + code)
        info = tmp_path / f"{package}-{version}.dist-info"
        info.mkdir()
        named = package.replace("_", "-")
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {named}\nVersion: {version}\n"
        )
        lines = [f"{name} = {package}{where and ':' + where}" for name, where in names.items()]
        (info / "entry_points.txt").write_text("\n".join(["[vartrack.visitors]", *lines, ""]))
        installed.append(package)
        # importlib keeps listings of folders by the second
        monkeypatch.syspath_prepend(str(tmp_path))

    installed: list[str] = []
    yield install
    for package in installed:
        sys.modules.pop(package, None)


@pytest.fixture(autouse=True)
def nothing_loaded(as_before: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(plugins.VARIABLE, raising=False)
    with plugins.preserved():
        yield


def names(registry: Registry | None = None) -> list[str]:
    """The visitors that ``registry`` has beyond the stock ones."""
    return [v.name for v in registry or vartrack.default if type(v) not in vartrack.stock]


def states() -> dict[str, str]:
    return {plugin.name: plugin.state for plugin in plugins.found()}


# loading


def test_each_kind_of_entry_point(install_package: Install) -> None:
    """A visitor class, a callable that takes a registry, and a module with ``register``; the list
    says which package each came with and what it registered."""
    install_package("", money="Money")
    install_package(
        "def add(registry):\n    registry.register(Ratios)\n    registry.register(Spans)\n",
        package="many",
        version="0.7.dev1",
        ratios="add",
    )
    install_package(
        "def register(registry):\n    registry.register(Money, override=True)\n",
        package="whole",
        module="",
    )
    vartrack.install()
    assert [str(plugin) for plugin in plugins.loaded()] == [
        "money (acme_money:Money) of acme-money 1.2: loaded: Money",
        "ratios (many:add) of many 0.7.dev1: loaded: Ratios, Spans",
        "module (whole) of whole 1.2: loaded: Money",
    ]
    assert names() == ["Money", "Ratios", "Spans", "Money"]
    compiled = torch.compile(lambda x, v: x * float(v), backend="eager", fullgraph=True)
    assert [compiled(torch.ones(1), Decimal(n)).item() for n in (1, 2, 1)] == [1, 2, 1]
    vartrack.uninstall()
    assert vartrack.install() is vartrack.default
    assert names() == ["Money", "Ratios", "Spans", "Money"]


def test_they_are_loaded_when_the_default_registry_is_used(install_package: Install) -> None:
    """Not by looking, not by another registry, not by torch's own builder; once, by the first
    block on the default registry, or by asking for it."""
    install_package("", money="Money")
    mine = vartrack.default.derive("mine")
    assert states() == {"money": "not loaded"}
    for other in (mine, vartrack.stock, None):
        with vartrack.use(other):
            assert plugins.loaded() == ()
    assert "acme_money" not in sys.modules
    with vartrack.use(vartrack.default):
        assert states() == {"money": "loaded"}
    assert names() == ["Money"] and names(mine) == []
    (plugin,) = plugins.load(mine)
    assert names(mine) == ["Money"] and plugins.loaded(mine) == (plugin,)
    assert plugins.load(mine) == (plugin,)


def test_vartrack_explain_sees_them(install_package: Install) -> None:
    install_package("", money="Money")
    found = vartrack.explain(lambda x, v: x * float(v), torch.ones(1), Decimal(2))
    assert found.find("L['v']").visitor == "Money"


def test_two_threads_load_once(install_package: Install) -> None:
    """The second waits until the first is done, and finds everything there."""
    install_package(
        "import time\ncalls = []\ndef register(registry):\n"
        "    calls.append(1)\n    time.sleep(0.2)\n    registry.register(Money)\n",
        money="",
    )
    seen: list[list[str]] = []

    def work() -> None:
        with vartrack.use(vartrack.default):
            seen.append(names())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == [["Money"]] * 3 and sys.modules["acme_money"].calls == [1]


def test_a_plugin_may_use_vartrack_while_it_is_loaded(install_package: Install) -> None:
    """Even what would load plugins: it does not begin again inside of itself."""
    install_package(
        "def register(registry):\n"
        "    with vartrack.use(registry):\n        vartrack.plugins.load()\n"
        "    registry.register(Money)\n",
        money="",
    )
    vartrack.install()
    assert names() == ["Money"]


# choosing


def test_install_chooses(install_package: Install) -> None:
    """None, all, or some by name; what was loaded before and is not wanted now is taken out. An
    unknown name is an error that lists what there is, and nothing is installed."""
    install_package("", money="Money", ratios="Ratios")
    vartrack.install(plugins=False)
    assert names() == [] and states() == {"money": "not loaded", "ratios": "not loaded"}
    for choice, expected in (
        (["ratios"], ["Ratios"]),
        (None, ["Ratios", "Money"]),
        (("money",), ["Money"]),
        (True, ["Money", "Ratios"]),
        (False, []),
        (None, ["Money", "Ratios"]),
    ):
        vartrack.uninstall()
        vartrack.install(plugins=choice)
        assert names() == expected, choice
        assert sorted(p.visitors[0] for p in plugins.loaded()) == sorted(expected)
    vartrack.uninstall()
    with pytest.raises(PluginError, match=r"VT503.*no plugin 'mony'") as caught:
        vartrack.install(plugins=["mony"])
    assert "money, ratios" in caught.value.fix and not vartrack.is_installed()


def test_a_registry_of_ones_own(install_package: Install) -> None:
    """It gets no plugins unless it is told to, and then a registry derived from it does."""
    install_package("", money="Money")
    mine = vartrack.stock.derive("mine")
    assert vartrack.install(mine) is mine and names(mine) == []
    vartrack.uninstall()
    in_force = vartrack.install(mine, plugins=True)
    assert in_force.name == "mine with plugins"
    assert names(in_force) == ["Money"] and names(mine) == [] and names() == []
    assert [plugin.name for plugin in plugins.loaded(in_force)] == ["money"]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("0", []),
        ("off", []),
        ("1", ["money", "ratios"]),
        ("", ["money", "ratios"]),
        ("ratios", ["ratios"]),
        ("-ratios", ["money"]),
        (" money , -ratios ", ["money"]),
    ],
)
def test_the_environment_chooses(
    text: str, expected: list[str], install_package: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It turns plugins off for ``install(plugins=True)`` as well."""
    install_package("", money="Money", ratios="Ratios")
    monkeypatch.setenv(plugins.VARIABLE, text)
    vartrack.install()
    assert [plugin.name for plugin in plugins.loaded()] == expected
    vartrack.uninstall()
    vartrack.install(plugins=True)
    assert [plugin.name for plugin in plugins.loaded()] == expected
    assert {name for name, state in states().items() if state == "off"} == (
        {"money", "ratios"} - set(expected)
    )


def test_the_environment_names_what_is_not_installed(
    install_package: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning, with what there is."""
    install_package("", money="Money")
    monkeypatch.setenv(plugins.VARIABLE, "-mony")
    with pytest.warns(PluginWarning, match=r"VT504.*'mony'.*not installed\.\n.*money"):
        vartrack.install()
    assert names() == ["Money"]


def test_unload(install_package: Install) -> None:
    """What was registered goes, what it overrode is back, and the next use loads it again."""
    install_package(
        "def register(registry):\n    registry.register(Money, override=True)\n", money=""
    )

    @vartrack.register
    class Mine(vartrack.ConstantVisitor):
        types = (Decimal,)

    vartrack.install()
    assert vartrack.default.resolve(Decimal(1)).name == "Money"
    plugins.unload()
    assert vartrack.default.resolve(Decimal(1)).name == "Mine" and plugins.loaded() == ()
    vartrack.uninstall()
    vartrack.install()
    assert vartrack.default.resolve(Decimal(1)).name == "Money"


# broken ones


BROKEN = {
    "raises when it is imported": (
        "import nowhere_to_be_found\n",
        "",
        r"ModuleNotFoundError: No module named 'nowhere_to_be_found' \(at .*broken.py:\d+\)",
    ),
    "raises after it has registered, when it is imported": (
        "vartrack.register(Ratios)\n1 / 0\n",
        "",
        r"ZeroDivisionError: division by zero \(at .*broken.py:\d+\)",
    ),
    "raises after it has registered, overridden and unregistered": (
        "def register(registry):\n"
        "    registry.register(Ratios)\n"
        "    registry.register(type('Strings', (Money,), {'types': (str,)}), override=True)\n"
        "    registry.unregister(type(registry.resolve(Spans)))\n"
        "    raise ValueError\n",
        "",
        r"ValueError \(at .*broken.py:\d+\)",
    ),
    "wants a type that is taken": ("", "Money", r"RegistrationError: \[VT204\] Decimal is taken"),
    "stops the program": ("raise SystemExit('bye')\n", "", "SystemExit: bye"),
    "is nothing that can be registered": (
        "number = 3\n",
        "number",
        r"PluginError: \[VT502\] broken:number is 3, which is no plugin",
    ),
    "is a module without register": ("", "", r"\[VT502\] broken is <module 'broken'"),
    "has no such name": ("", "nothing", "AttributeError: .*nothing"),
    "takes no registry": ("def add(): ...\n", "add", r"TypeError: add\(\) takes 0 positional"),
    "has a visitor that cannot work": (
        "class Wrong(vartrack.Visitor): ...\n",
        "Wrong",
        r"VisitorError: \[VT101\] The visitor Wrong.*has no types",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_plugin_is_left_out(what: str, install_package: Install) -> None:
    """One warning names it, its package, the error and how to turn it off; the registry is as it
    was before the plugin began, and the plugins after it are loaded."""
    code, where, told = BROKEN[what]
    install_package("", package="acme_money", money="Money")
    install_package(code, package="broken", version="3.1", broken=where)
    install_package("", package="further", spans="Spans")
    before = vartrack.default.derive()
    with pytest.warns(PluginWarning, match=told) as caught:
        vartrack.install()
    (warning,) = caught
    assert warning.filename == __file__ and warning.message.code == "VT501"
    text = str(warning.message)
    assert f"'broken' (broken{where and ':'}{where}) of broken 3.1 was left out" in text
    assert "VARTRACK_PLUGINS=-broken" in text and "plugins=False" in text
    assert names() == ["Money", "Spans"]
    assert states() == {"money": "loaded", "broken": "failed", "spans": "loaded"}
    plugins.unload()
    assert vartrack.default.dispatcher.funcs == before.dispatcher.funcs
    assert vartrack.default.dispatcher.named == before.dispatcher.named
    assert vartrack.default.entries() == before.entries()


def test_a_broken_plugin_is_tried_again_only_when_asked(install_package: Install) -> None:
    """Not by each `install`; `load` does, and finds it mended."""
    install_package(
        "import os\ndef register(registry):\n"
        "    os.environ['VARTRACK_TEST_MENDED']\n    registry.register(Money)\n",
        money="",
    )
    with pytest.warns(PluginWarning, match="KeyError: 'VARTRACK_TEST_MENDED'"):
        vartrack.install()
    vartrack.uninstall()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vartrack.install()
    assert "KeyError" in plugins.found()[0].error
    os.environ["VARTRACK_TEST_MENDED"] = "yes"
    try:
        plugins.load()
    finally:
        del os.environ["VARTRACK_TEST_MENDED"]
    assert names() == ["Money"] and states() == {"money": "loaded"}


# in a process of its own


def test_the_command_lists_them(install_package: Install, tmp_path: Path) -> None:
    """With what each registered, or why it failed; the status says whether all are well."""
    install_package("", money="Money")
    install_package("1 / 0\n", package="broken", broken="")
    path = os.pathsep.join([str(tmp_path), str(Path(vartrack.__file__).parents[1])])
    ran = subprocess.run(
        [sys.executable, "-m", "vartrack", "plugins"],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    first, second = ran.stdout.splitlines()
    assert first == "money (acme_money:Money) of acme-money 1.2: loaded: Money"
    assert second.startswith("broken (broken) of broken 1.2: failed: ZeroDivisionError: division")
    assert (ran.returncode, ran.stderr) == (1, "")


def test_the_command_without_plugins(capsys: pytest.CaptureFixture[str]) -> None:
    from vartrack.__main__ import main

    assert main(["plugins"]) == 0
    assert "No installed package" in capsys.readouterr().out
