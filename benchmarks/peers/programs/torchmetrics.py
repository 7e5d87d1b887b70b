"""Programs of ``torchmetrics``: metrics as functions, and objects that keep a state."""

from __future__ import annotations

import torch
import torchmetrics
from models import Call
from torchmetrics import functional


def scores() -> tuple[torch.Tensor, torch.Tensor]:
    """What a classifier of three classes says of eight things, and what they are."""
    return torch.randn(8, 3).softmax(-1), torch.randint(0, 3, (8,))


def accuracy() -> Call:
    """A metric as a function."""

    def run(found, target):
        return functional.accuracy(found, target, task="multiclass", num_classes=3)

    return run, scores(), {}


def f1() -> Call:
    """One score for each class."""

    def run(found, target):
        return functional.classification.multiclass_f1_score(found, target, 3, average="none")

    return run, scores(), {}


def confusion() -> Call:
    """Who is taken for whom."""

    def run(found, target):
        return functional.classification.multiclass_confusion_matrix(found, target, 3)

    return run, scores(), {}


def regression() -> Call:
    """Three metrics of numbers."""

    def run(found, target):
        error = functional.mean_squared_error(found, target)
        return error, functional.r2_score(found, target), functional.pearson_corrcoef(found, target)

    return run, (torch.randn(16), torch.randn(16)), {}


def updated() -> Call:
    """An object that is updated and then asked."""
    metric = torchmetrics.MeanSquaredError()

    def run(found, target):
        metric.update(found, target)
        return metric.compute()

    return run, (torch.randn(8), torch.randn(8)), {}


def called() -> Call:
    """An object that is called as a module."""
    return torchmetrics.MeanAbsoluteError(), (torch.randn(8), torch.randn(8)), {}


def collected() -> Call:
    """Several objects in a collection."""
    metrics = torchmetrics.MetricCollection(
        {"mean": torchmetrics.MeanSquaredError(), "most": torchmetrics.MeanAbsoluteError()}
    )

    def run(found, target):
        metrics.update(found, target)
        return metrics.compute()

    return run, (torch.randn(8), torch.randn(8)), {}


PROGRAMS = (accuracy, f1, confusion, regression, updated, called, collected)
