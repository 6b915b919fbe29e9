"""The lab: a mini-internet in one process, on 127.0.0.1 alone, with every scenario in it.

Mail security is hard to learn on the real internet: few people keep a broken mail domain up for others to
study.  The lab has some forty domains, good and broken; each is a TOML file that says what is set up there
and what each sender makes of it (`scenario`).  `internet` builds them all into one tree:

* `zones`, `nsec3`: a signed DNS root, `example.` below it, and the zones of each scenario, with real keys and
  signatures (RFC 4034, RFC 5155).  `resolver` and `dns` answer for all of them as a validating recursive
  resolver would (RFC 4035 section 3).
* `ca`: a public certificate authority, whose root senders trust, and a private one for each domain that needs
  it.
* `smtp`, `tls`: receiving mail servers with STARTTLS (RFC 3207) that work, or break as the scenario says.
* `https`: the web servers with the MTA-STS policies (RFC 8461 section 3.3).

`running` opens the sockets, and turns a running lab into another one, of which `kept` is what stays; `seen`
logs what the servers saw; `folder` holds the key files and `serve` keeps a lab up for other tools.  DNS, TLS
and SMTP are real down to the octet; only the addresses are not. Zones publish addresses from the
documentation ranges, and the `dial` table in the network settings maps each to a loopback port.  So the lab
needs no privileges, and neither the walk nor the judge can tell it from the internet.
"""

from mailpath.lab.running import Lab
from mailpath.lab.scenario import Scenario, ScenarioError, load, scenarios

__all__ = ["Lab", "Scenario", "ScenarioError", "load", "scenarios"]
