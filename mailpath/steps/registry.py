"""All steps of a walk, by id in packet order: what the walk, the findings and every report iterate over.

The names stand in `mailpath.facts.steps`, apart from the modules that they lead to: a screen is drawn from
the names before any of these is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from msgspec.structs import replace

from mailpath.facts import WALKED, Panel, StepResult, Walk
from mailpath.steps.step import Step
from mailpath.steps.tools import Tools
from mailpath.wording.phrases import sentence


def _load(panel: Panel) -> Step:
    found: Step = import_module(f"{__package__}.{panel.module or panel.id}").STEP
    return found


REGISTRY: dict[str, Step] = {panel.id: _load(panel) for panel in WALKED}


def result(step_id: str, walk: Walk) -> StepResult:
    """The panel's line."""
    status, word, summary = REGISTRY[step_id].line(walk)
    return StepResult(id=step_id, status=status, word=word, summary=sentence(summary))


def results(walk: Walk) -> tuple[StepResult, ...]:
    """The lines of all steps."""
    return tuple(result(step_id, walk) for step_id in REGISTRY)


def step_asking(kind: str) -> str:
    """The step to which exchanges of this kind belong, as in `Step.asks`; any other type is a way to MX."""
    return next((step_id for step_id, step in REGISTRY.items() if kind in step.asks), "mx")


def unwalked(tools: Tools) -> Walk:
    """The walk before any step has looked."""
    known: dict[str, Any] = {}
    further: dict[str, Any] = {}
    for step_id, step in REGISTRY.items():
        if step.facts is not None:
            facts = step.empty(tools) if step.empty is not None else step.facts()
            (known if step.attribute else further)[step.attribute or step_id] = facts
    ground = tools.network.ground
    return Walk(
        path=tools.path,
        at=tools.at,
        resolver=ground.resolver,
        patience=ground.patience,
        ahead=ground.precedes(tools.at),
        further=further,
        **known,
    )


def facts_of(step_id: str, walk: Walk) -> Any:
    """What the step found; None for one that looks at nothing itself."""
    step = REGISTRY[step_id]
    return getattr(walk, step.attribute) if step.attribute else walk.further.get(step_id)


def with_facts(step_id: str, walk: Walk, facts: Any) -> Walk:
    """`walk` with what the step found."""
    step = REGISTRY[step_id]
    if step.attribute:
        return replace(walk, **{step.attribute: facts})
    return replace(walk, further={**walk.further, step_id: facts})
