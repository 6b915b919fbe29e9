"""Signs a zone: signatures first, and the DS record once no cache holds an answer without them.

A resolver that sees the DS record takes every answer without signatures for bogus (RFC 4035 section 5.5).
"""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.lab.grammar import Zone
from mailpath.names import is_within
from mailpath.plan import checks
from mailpath.plan.drafts import Draft, Drafting
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.model import Blocked, Do, Result
from mailpath.plan.world import Part, World

_SECURE = ("signed", "nsec3", "nsec3optout")


def is_signed(world: World, zone: str) -> bool:
    """Whether a validator takes its answers for secure, as far as this zone goes."""
    held = world.zone(zone)
    return held is not None and held.sec in _SECURE and not held.tamper


def sign(drafting: Drafting, zones: list[str]) -> None:
    """A step for each zone that has no signatures.  Raises `Stopped` where it lies below one that is not
    signed.
    """
    for name in zones:
        held = drafting.world.zone(name)
        if held is None or is_signed(drafting.world, name):
            continue
        _refuse_island(drafting, name, zones)
        if held.sec == "unsigned":
            what = f"Sign {name} (algorithm 13, ECDSA P-256); the DS record comes later."
            drafting.add(
                Draft(
                    who=f"dns {name}",
                    title=f"Sign {name}",
                    do=(Do(kind="serve", what=what),),
                    parts={Part("zone", name): replace(held, sec="nods")},
                    settle=True,
                    check=checks.signatures_served(name),
                    undo=("Serve the zone without signatures again.",),
                )
            )


def publish_ds(drafting: Drafting, zones: list[str]) -> None:
    """A step for each zone that is signed, and that no DS record vouches for."""
    for name in zones:
        held = drafting.world.zone(name)
        if held is not None and not is_signed(drafting.world, name):
            _publish_ds(drafting, name, Part("zone", name), held)


def _publish_ds(drafting: Drafting, name: str, part: Part, held: Zone) -> None:
    record = f"{name}. 86400 IN DS <DS record of {name}'s key-signing key>"
    drafting.add(
        Draft(
            who=f"registrar of {name}",
            title="Publish the DS record",
            do=(
                Do(
                    kind="publish",
                    what=f"Have the DS record of {name}'s key-signing key published in the zone above.",
                    records=(record,),
                ),
            ),
            parts={part: replace(held, sec="signed", ds=None, tamper=(), days=None)},
            settle=True,
            check=checks.zone_validates(name, secure=True),
            undo=(f"Have it withdrawn, and keep {name} signed until the DS record has expired from caches.",),
        )
    )


def _refuse_island(drafting: Drafting, name: str, zones: list[str]) -> None:
    for part, held in drafting.world.parts.items():
        if (
            part.kind == "zone"
            and part.name not in zones
            and is_within(name, part.name)
            and held.sec not in _SECURE
        ):
            raise Stopped(
                Result.BLOCKED,
                f"{name} lies below {part.name}, which is not signed.",
                (Blocked(by=part.name, why="Ask its operator to sign it: no DS record counts below it."),),
            )
