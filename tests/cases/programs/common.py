"""What several files of programs use."""

import dataclasses

import torch

PT = "pytorch issue "


PR = "pytorch pull "


def ones():
    return torch.ones(2)


def times9(self, x):
    return x * 9


def times9_static(x):
    return x * 9


def size9(self):
    return 9


@dataclasses.dataclass
class Settings:
    scale: float = 1.5
    names: list = dataclasses.field(default_factory=list)


MORE = PT + "112745"
