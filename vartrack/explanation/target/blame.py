"""Where in the user's own code an error came from."""

from __future__ import annotations

import traceback
from pathlib import Path

import torch

from vartrack.core.texts.wording import told

__all__ = ["raised", "traceback_of"]

_NOT_THE_USERS = (
    str(Path(__file__).parent.parent),
    str(Path(torch.__file__).parent),
    "<frozen ",
    "<eval_with_key>",
)


def raised(error: BaseException) -> str:
    """The error and the last line of the user's code that it passed, such as ``[file.py:3]``."""
    text = told(error)
    if isinstance(error, SyntaxError):
        return f"{text} [{error.filename}:{error.lineno}]"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_NOT_THE_USERS)
    ]
    return f"{text} [{frames[-1].filename}:{frames[-1].lineno}]" if frames else text


def traceback_of(error: BaseException) -> str:
    """The traceback of the error from the first line of the user's code on."""
    start = error.__traceback__
    while start is not None and start.tb_frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start)).rstrip()
