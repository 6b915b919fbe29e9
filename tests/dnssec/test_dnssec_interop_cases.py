"""Cases that the comparison with unbound and delv over real servers brought up, made small."""

import pytest
from miniworld import AT, World, zone

from mailpath.dnssec import Validator
from mailpath.facts import Security


@pytest.mark.parametrize(
    ("denial", "iterations", "status", "ede"),
    [
        ("nsec3", 150, Security.BOGUS, 12),
        ("nsec3", 151, Security.INSECURE, 27),
        ("optout", 150, Security.BOGUS, 12),
        ("optout", 151, Security.INSECURE, 27),
        ("nsec", 0, Security.BOGUS, 12),
    ],
)
async def test_a_wildcard_without_its_proof_where_no_proof_could_be_checked(denial, iterations, status, ede):
    """BIND's resolvers do not pass on NSEC3 records with more iterations than RFC 9276 section 3.2 bears."""
    world = World(
        zone("."),
        zone("example."),
        zone("b.example.", "*.w TXT any\n", denial=denial, iterations=iterations),
    )

    @world.edit("x.w.b.example", "TXT")
    def without_proof(response):
        response.authority.clear()

    lookup = await Validator(world, AT).lookup("x.w.b.example", "TXT")
    assert (lookup.security, lookup.ede) == (status, ede), lookup.reason
    assert lookup.reason
