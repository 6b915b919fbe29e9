"""What a rule means: a habit of some senders, which reports name where it decided (`judge/rules.py`)."""

from __future__ import annotations

from mailpath.judge.rules import catalogue
from mailpath.tickets import reach
from mailpath.tickets.explain.model import Cause, Explanation, Kind


def rule(name: str) -> Explanation:
    """The rule with the id `name`: what it is, how the RFCs' sender has it, and who has it otherwise."""
    found = catalogue()[name]

    def told(lines: tuple[str, ...]) -> str:
        return f"{', '.join(lines)}{f' ({found.means[lines]})' if lines in found.means else ''}."

    causes = tuple(Cause(text=told(lines), postures=names) for lines, names in found.others.items())
    means = [found.about, f"The RFCs' sender: {told(found.rfc)}"]
    if found.silent:
        means.append(f"No source says how it is with {', '.join(found.silent)}.")
    return Explanation(
        kind=Kind.RULE,
        subject=name,
        recognised=(f"rule {name} of a sender",),
        means=tuple(means),
        causes=causes,
        postures=reach.union(causes),
    )
