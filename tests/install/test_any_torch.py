"""vartrack can be imported whatever torch there is; who installs it is told what is wrong."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from vartrack import compat
from vartrack.compat import release
from vartrack.unusable import is_fault_of_torch

ROOT = Path(__file__).parents[2]

#: What a module does that defines a visitor, and then a program that runs on it.
PROGRAM = """
import vartrack

class Money: pass

@vartrack.register
class Amounts(vartrack.ConstantVisitor):
    types = (Money,)

@vartrack.default.register(override=True)
class Others(vartrack.Sourced, vartrack.Visitor, abstract=True):
    tracked = vartrack.Tracked.MUTABLE

print(vartrack.is_installed(), vartrack.active_registry())
for plug_in in (
    vartrack.install,
    lambda: vartrack.install(unknown_torch=True),
    lambda: vartrack.use(vartrack.stock),
    lambda: vartrack.Registry("mine"),
):
    try:
        plug_in()
    except vartrack.InstallError as error:
        print(error.code, str(error), type(error.__cause__).__name__)
"""


#: What brings a torch that is there already, but not whole.
AGAIN = "pip install --force-reinstall torch==2.13.0;"


def run_with(torch: dict[str, str], where: Path) -> list[str]:
    """The lines that `PROGRAM` prints where torch has the files ``torch``."""
    package = where / "torch"
    for name, text in torch.items():
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(where), str(ROOT)])}
    environment.pop("VARTRACK_UNKNOWN_TORCH", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("torch", "said"),
    [
        pytest.param(
            {"__init__.py": "__version__ = '2.9.1'", "version.py": "__version__ = '2.9.1'"},
            ["torch 2.9.1", "No module named", f"pip install torch=={compat.KNOWN[0]};"],
            id="one that is too old",
        ),
        pytest.param(
            {
                "__init__.py": "from torch.version import __version__",
                "version.py": "__version__ = '2.16.0.dev20261101+cpu'",
            },
            [
                "torch 2.16.0.dev20261101+cpu",
                "No module named",
                f"pip install torch=={compat.KNOWN[-1]};",
            ],
            id="a development build",
        ),
        pytest.param(
            {"__init__.py": "", "version.py": "__version__ = '2.13.0'"},
            ["torch 2.13.0 is not whole", "torch._", AGAIN],
            id="one without the compiler",
        ),
        pytest.param(
            {
                "__init__.py": "",
                "version.py": "__version__ = '2.13.0'",
                "_dynamo/__init__.py": "raise RuntimeError('half an install')",
            },
            ["torch 2.13.0 is not whole", "RuntimeError: half an install", AGAIN],
            id="a known one whose compiler cannot be loaded",
        ),
        pytest.param(
            {"__init__.py": "import nowhere_installed", "version.py": "__version__ = '2.13.0'"},
            ["torch 2.13.0 is not whole", "ModuleNotFoundError: No module named 'now", AGAIN],
            id="a known one that needs a package that is not there",
        ),
        pytest.param(
            {
                "__init__.py": "raise OSError('libtorch_cpu.so is missing')",
                "version.py": "__version__ = '2.8.0'",
            },
            [
                "torch 2.8.0",
                "OSError: libtorch_cpu.so is missing",
                f"pip install torch=={compat.KNOWN[0]};",
            ],
            id="one that cannot be loaded",
        ),
        pytest.param(
            {"__init__.py": "raise ImportError('no libcudart')", "version.py": "__version__ = 1"},
            ["ImportError: no libcudart", f"torch=={compat.RUNNING.public};"],
            id="one that does not say which it is",
        ),
    ],
)
def test_it_can_be_imported_on_any_torch(
    torch: dict[str, str], said: list[str], tmp_path: Path
) -> None:
    """Visitors can be defined and registered there. Installing, using and whatever else would have
    to work is refused with VT303, which names the torch, what failed and a line that installs one
    that works, and has the failure as its cause; insisting does not help."""
    first, *refusals = run_with(torch, tmp_path)
    assert first == "False None"
    text = "\n".join(refusals)
    assert text.count("VT303 [VT303]") == 4
    for part in (*said, "vartrack doctor"):
        assert text.count(part) >= 4, text


@pytest.mark.parametrize("option", ["--vartrack-report", "--vartrack-audit"])
def test_pytest_says_why_nothing_can_be_reported(option: str, tmp_path: Path) -> None:
    """Without the option the tests run, whatever torch there is."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so is missing')")
    test = tmp_path / "test_it.py"
    test.write_text("def test_it(): pass")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_vartrack", str(test)]
    for more, status in (([], 0), ([option], 4)):
        done = subprocess.run(
            [*command, *more], env=environment, capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == status, done.stdout + done.stderr
    assert f"{option}: [VT303]" in done.stderr and "INTERNALERROR" not in done.stderr
    assert "pip install" in done.stderr


@pytest.mark.parametrize(
    ("version", "named"),
    [
        *((one, one) for one in compat.KNOWN),
        ("2.9.1", compat.KNOWN[0]),
        ("2.12.0+cpu", "2.12.1"),
        ("2.13.0+git1234567", "2.13.0"),
        ("2.14.99", "2.14.1"),
        ("2.15.0.dev20261101", "2.15.0"),
        ("2.16.0.dev20261101+cpu", compat.KNOWN[-1]),
        ("3.0", compat.KNOWN[-1]),
    ],
)
def test_the_line_that_installs_another_torch_does_so(
    version: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks for one release, by which pip replaces the one that is there: that does not fit, as
    pip sees it, or is told to be put there anew."""
    monkeypatch.setattr(release, "RUNNING", Version(version))
    *command, wanted = release.pip_line().split()
    requirement = Requirement(wanted)
    assert requirement.specifier.contains(named)
    kept = requirement.specifier.contains(version, prereleases=True)  # as pip asks
    assert command == ["pip", "install", *["--force-reinstall"] * kept]


def test_where_there_is_no_torch_any_that_is_known_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one has a build for this Python is for pip to find out."""
    monkeypatch.setattr(release, "RUNNING", release.NO_TORCH)
    assert release.pip_line() == f'pip install "torch{release.SUPPORTED}"'


def test_an_error_of_its_own_is_no_fault_of_a_known_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch is known, a mistake in vartrack, or another package that is missing, is not
    taken for drift, unless torch itself could not be imported because of it."""
    assert not is_fault_of_torch(AttributeError("a typing error"))
    assert not is_fault_of_torch(ImportError("no", name="rich"))
    assert not is_fault_of_torch(ImportError("no", name="vartrack.core"))
    assert is_fault_of_torch(ImportError("no", name="torch._dynamo"))
    monkeypatch.delitem(sys.modules, "torch._dynamo")
    assert is_fault_of_torch(ImportError("torch needs it", name="sympy"))


@pytest.mark.parametrize(
    ("version", "known"),
    [
        (compat.KNOWN[0], True),
        (f"{compat.KNOWN[-1]}+cpu", True),
        (f"{compat.KNOWN[0]}+cu130", True),
        (f"{compat.KNOWN[0]}+git1234567", False),
        (f"{compat.KNOWN[0]}.post1", False),
        (f"{compat.KNOWN[-1]}.dev20261101", False),
        (f"{compat.KNOWN[-1]}a0+b4e4ee8", False),
        (f"{compat.KNOWN[-1]}rc1", False),
        ("2.9.0", False),
        ("2.99.0", False),
    ],
)
def test_a_release_is_known_by_its_number_and_a_build_is_not(
    version: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A development build has the number of the release that it will become, and may be anything
    until then."""
    monkeypatch.setattr(release, "RUNNING", Version(version))
    assert release.is_known() is known


def test_the_metadata_says_what_the_code_says() -> None:
    """`install_requires` has the range that a refusal tells people to install, and every known
    release is in it."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert f"torch{release.SUPPORTED}" in setup["options"]["install_requires"].split()
    inside = release.SpecifierSet(release.SUPPORTED)
    assert all(inside.contains(version) for version in compat.KNOWN)
