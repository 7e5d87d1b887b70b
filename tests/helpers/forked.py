"""`python`: what the command ``python`` does, without the seconds in which it imports torch.

A first process imports torch and vartrack once, and stays as it is then. Each command runs in a
fork of that. How Python starts, and what is imported first, is for tests that start it.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["python"]

ROOT = Path(__file__).parents[2]
#: What commands import, and what torch does at its first compile.
MODULES = ("pytest", "vartrack.__main__", "torch._dynamo.backends.debugging")


def python(
    *args: str, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What comes of ``python *args``.

    Args:
        args: ``-m``, a module, and what it is given; or ``-c`` and code.
        cwd: the folder it runs in.
        env: what its environment has beside that of this process.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder, name)) for name in ("stdout", "stderr")}
        asked = {"args": args, "cwd": str(cwd), "env": {**os.environ, **(env or {})}, **files}
        server = _server()
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        written = {name: Path(file).read_text(errors="replace") for name, file in files.items()}
    return subprocess.CompletedProcess(["python", *args], code, **written)


@functools.cache
def _server() -> subprocess.Popen[str]:
    """The process of which the commands are forks; it ends with this one."""
    server = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    atexit.register(server.communicate)
    return server


def _asked() -> dict[str, Any] | None:
    """In each fork what it is to run; in the first process None, when no more is asked."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            return json.loads(line)  # type: ignore[no-any-return]
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return None


def _run(args: list[str], cwd: str, env: dict[str, str], **files: str) -> None:
    """Do what Python does with ``args``, in this process."""
    for fileno, file in enumerate((os.devnull, files["stdout"], files["stderr"])):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), fileno)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    option, what, *sys.argv[1:] = args
    sys.path[0] = cwd
    if option == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv[0] = option
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    for module in MODULES:
        importlib.import_module(module)
    gc.freeze()  # what a fork leaves as it is it need not go through
    if (asked := _asked()) is not None:
        _run(**asked)
