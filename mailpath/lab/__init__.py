"""The lab: a mini-internet in one process, on 127.0.0.1 alone, with every scenario in it.

A signed DNS tree, mail servers with STARTTLS, MTA-STS policy hosts and a private CA are real; only their
addresses are not, and the settings' `dial` table leads from them to loopback ports.
"""

from mailpath.lab.running import Lab
from mailpath.lab.scenario import Scenario, ScenarioError, load, scenarios

__all__ = ["Lab", "Scenario", "ScenarioError", "load", "scenarios"]
