"""The model of a job, once its provider is known: the most specific layer whose model fits. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from jobs import offers, reasons
from jobs.catalog import Catalog, Model, ProviderProfile
from jobs.directives import Directives
from jobs.directives.labels import Labels
from jobs.layers import Layer, Steps
from jobs.nearest import listed, nearest
from jobs.reasons import Code, Reason
from jobs.repository import Repository


class Fit(NamedTuple):
    """What a model has to fit: the chosen provider and the repository's rules."""

    profile: ProviderProfile
    repository: Repository
    catalog: Catalog

    def model(self, name: str) -> Model | Reason:
        """The model people mean by `name`, or why a job here cannot use it."""
        model = offers.model_of(self.profile, name)
        if model is None:
            others = [profile.name for profile in offers.serving(self.catalog, name)]
            return self._elsewhere(name, others) if others else unknown_model(name, self._usable())
        if not model.enabled:
            return self._not_allowed(f"The model {model.id} of {self.profile.name} is disabled.")
        if not offers.allows(self.repository, model):
            return self._not_allowed(f"The repository {self.repository.alias} does not allow the model {model.id}.")
        return model

    def _usable(self) -> list[Model]:
        return offers.usable_models(self.profile, self.repository)

    def _elsewhere(self, name: str, others: list[str]) -> Reason:
        sentence = f"The model {name} belongs to {listed(others)}, but the provider here is {self.profile.name}."
        return reasons.because(Code.MODEL_UNKNOWN, sentence, f"Write provider={others[0]} in the ticket's block.")

    def _not_allowed(self, sentence: str) -> Reason:
        names = [model.id for model in self._usable()]
        return reasons.because(Code.MODEL_NOT_ALLOWED, sentence, f"Allowed here is {listed(names)}.")


def unknown_model(name: str, models: Iterable[Model]) -> Reason:
    """The reason for a name no provider knows, with the nearest that it could mean."""
    enabled = [model for model in models if model.enabled]
    near = nearest(name, [word for model in enabled for word in (model.id, *model.aliases)])
    hint = f"Did you mean {near}? " if near else ""
    known = listed(dict.fromkeys(model.id for model in enabled))
    return reasons.because(Code.MODEL_UNKNOWN, f"There is no model {name}.", f"{hint}Known here is {known}.")


def choose_model(
    directives: Directives,
    labels: Labels,
    fit: Fit,
    steps: Steps,
    *,
    is_worker_default: bool,
) -> Model | Reason:
    """The model a job runs on, or the reason why there is none; each layer looked at goes to `steps`.

    Args:
        directives: of the ticket's block.
        labels: of the ticket, with at most one model.
        fit: the chosen provider and the repository.
        steps: takes what each layer said.
        is_worker_default: whether the worker's default chose the provider, so that the starred model may count.
    """
    chosen = _from_ticket(directives, labels, fit, steps)
    if isinstance(chosen, Reason):
        return chosen
    defaults: tuple[tuple[Layer, str | None], ...] = (
        ("repository default", fit.repository.model),
        ("workspace default", fit.catalog.workspace.model),
    )
    for layer, name in defaults:
        if name:
            chosen = _from_default(layer, name, chosen, fit, steps)
    return chosen or _from_worker(fit, steps, is_worker_default=is_worker_default)


def _from_ticket(directives: Directives, labels: Labels, fit: Fit, steps: Steps) -> Model | Reason | None:
    label = labels.models[0] if labels.models else ""
    if directives.model:
        model = fit.model(directives.model)
        if isinstance(model, Model):
            steps.chosen("model directive", f"model={directives.model} in the ticket chose {model.id}.")
            if label:
                text = f"The label model:{label} was skipped: model= in the ticket's block is more specific."
                steps.skipped("model label", text)
        return model
    return _from_label(label, fit, steps) if label else None


def _from_label(label: str, fit: Fit, steps: Steps) -> Model | Reason | None:
    if not fit.repository.labels_allowed:
        text = f"The label model:{label} was skipped: {fit.repository.alias} does not let labels choose the model."
        steps.skipped("model label", text)
        return None
    known = offers.model_of(fit.profile, label)
    if known and not known.by_label:
        steps.skipped("model label", f"The label model:{label} was skipped: {known.id} may not be chosen by a label.")
        return None
    model = fit.model(label)
    if isinstance(model, Model):
        steps.chosen("model label", f"The label model:{label} chose {model.id}.")
    return model


def _from_default(layer: Layer, name: str, chosen: Model | None, fit: Fit, steps: Steps) -> Model | None:
    if chosen:
        if not chosen.answers_to(name):
            steps.skipped(layer, f"The {layer} model {name} was skipped: {chosen.id} comes from a more specific layer.")
        return chosen
    model = fit.model(name)
    if isinstance(model, Reason):
        steps.skipped(layer, f"The {layer} model {name} was skipped. {model.sentence}")
        return None
    steps.chosen(layer, f"The {layer} chose the model {model.id}.")
    return model


def _from_worker(fit: Fit, steps: Steps, *, is_worker_default: bool) -> Model | Reason:
    star = offers.starred(fit.catalog) if is_worker_default else None
    names = [star[1].id] if star and star[0].name == fit.profile.name else []
    for name in dict.fromkeys((*names, fit.profile.default_model)):
        model = fit.model(name)
        if isinstance(model, Model):
            what = "starred model" if name in names else f"default model of {fit.profile.name}"
            steps.chosen("worker default", f"The {what} is {model.id}.")
            return model
        steps.skipped("worker default", f"The model {name} was skipped. {model.sentence}")
    usable = [model.id for model in offers.usable_models(fit.profile, fit.repository)]
    sentence = f"The default model of {fit.profile.name} cannot be used in {fit.repository.alias}."
    next_step = f"Write model= in the ticket's block; usable is {listed(usable)}."
    return reasons.because(Code.NOTHING_SELECTED, sentence, next_step)
