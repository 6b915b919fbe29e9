"""A captured path as a scenario of the lab: the same mail domain, built again where nothing can be lost.

`rehearse` reads a capture and draws what it shows: zones and how they are signed (`zones`), mail servers
and their habits (`servers`), certificates of the same shape (`certificates`), the MTA-STS policy and its
host (`policy`).  Then it builds the scenario in the lab, walks it and says what comes out otherwise
(`proof`).  The lab signs and issues with keys of its own, so nobody's private key is needed; the shape is
what senders judge.  What a scenario cannot say is never left out in silence: it is a note, which stands
as a comment in the file that `write` makes.
"""

from mailpath.rehearse.drawing import Drawn, draw
from mailpath.rehearse.proof import Differences, compare, rehearse
from mailpath.rehearse.writing import write

__all__ = ["Differences", "Drawn", "compare", "draw", "rehearse", "write"]
