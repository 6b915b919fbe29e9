"""The steps of a walk by name: what can be said of a panel before anything is looked at.

A step is one line here and one module in `mailpath.steps`, which says how to look and what to make of it
(`mailpath.steps.registry`).  This half is light: the app's first frame is drawn from it.
"""

from __future__ import annotations

import msgspec


class Panel(msgspec.Struct, frozen=True):
    """One panel.  `id`: in JSON, in key ids, in the pages' anchors; `looks_for`: shown until it is found;
    `short`: the title where there is little room; `module`: in `mailpath.steps`, where it is not the id.
    """

    id: str
    title: str
    looks_for: str = ""
    short: str = ""
    module: str = ""


#: In packet order; the place in the tuple is the step's number.
WALKED = (
    Panel("sender", "Sender", "what the sender's servers likely enforce"),
    Panel("mx", "MX", "which hosts receive the recipient's mail"),
    Panel("dnssec", "DNSSEC", "whether DNS answers can be forged"),
    Panel("mta-sts", "MTA-STS", "the recipient's policy, fetched by HTTPS", "STS", "sts"),
    Panel("tlsa", "TLSA", "which certificates DNS vouches for"),
    Panel("starttls", "STARTTLS", "what each server offers and presents", "TLS"),
)
#: Has a panel where somebody asked for the test; it is no step of the path.
ENVELOPE = "envelope"

#: Ids of all steps in packet order; the last one is the judge's, not the walk's.
STEPS = (*(panel.id for panel in WALKED), "verdict")
TITLES = {**{panel.id: panel.title for panel in WALKED}, ENVELOPE: "Envelope", "verdict": "Verdict"}
#: Of those whose title is long; the last one's place tells enough.
SHORT = {**{panel.id: panel.short for panel in WALKED if panel.short}, "verdict": ""}
LOOKS_FOR = {panel.id: panel.looks_for for panel in WALKED}
