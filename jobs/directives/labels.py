"""What a ticket asks for in its labels: `model:<alias>` and `repo-<alias>`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from jobs.directives.model import Problem
from jobs.directives.problems import Notes
from jobs.names import MODEL, NAME

_MODEL = re.compile(r"model:(.*)", re.IGNORECASE | re.DOTALL)
_REPOSITORY = re.compile(r"repo[-:=](.*)", re.IGNORECASE | re.DOTALL)
_CHOOSES = re.compile(r"\s*(?:model:|repo[-:=])", re.IGNORECASE)
_NAME = re.compile(rf"{NAME}\Z")


class Labels(BaseModel):
    """The labels that mean something to us. The managed label is not among them: it is the workspace's."""

    model_config = ConfigDict(frozen=True)

    models: tuple[str, ...] = ()
    """Values of `model:…`, distinct, in the order of the labels."""
    repositories: tuple[str, ...] = ()
    """Aliases of `repo-…`, `repo:…` and `repo=…`, lower case, distinct, in the order of the labels."""
    warnings: tuple[Problem, ...] = ()
    """Labels that begin like ours but cannot be read; they have no effect."""


def parse_labels(labels: Iterable[str]) -> Labels:
    """Sort out the labels that choose a model or a repository. Never raises."""
    models: dict[str, None] = {}
    repositories: dict[str, None] = {}
    notes = Notes()
    for label in labels:
        text = label.strip()
        if match := _MODEL.match(text):
            value = match[1].strip()
            if MODEL.match(value):
                models[value] = None
            else:
                notes.add("invalid_label", "A model: label is ignored: no model has such a name.")
        elif match := _REPOSITORY.match(text):
            alias = match[1].strip().lower()
            if _NAME.match(alias):
                repositories[alias] = None
            else:
                notes.add("invalid_label", "A repo- label is ignored: no repository has such an alias.")
    return Labels(models=tuple(models), repositories=tuple(repositories), warnings=notes.problems())


def is_ours(label: str, managed_label: str) -> bool:
    """Whether adding this label asks for work: it is the managed one, or chooses a model or a repository."""
    if label.casefold() == managed_label.casefold():
        return True
    read = parse_labels([label])
    return bool(read.models or read.repositories)


def choosing(labels: Iterable[str]) -> list[str]:
    """The labels that choose a model or a repository, the way they are understood."""
    ours = [label for label in labels if _CHOOSES.match(label)]
    if not ours:
        return []
    read = parse_labels(ours)
    return [f"model:{model}" for model in read.models] + [f"repo-{alias}" for alias in read.repositories]
