"""The posture of a mail server out of what it did in the lab.

`observing` puts together, for each scenario, what the lab's servers saw and what the server's own log says
(`mail_logs`).  `walking` builds the same lab and walks to each scenario.  `fitting` asks the judge which
posture does the same: it starts from every preset, and changes what an operator sets as long as that explains
more.  `telling` makes it a table of the config file, with the scenarios that decided each line, what
contradicts it, and what no scenario decides.
"""
