"""A mail server of one's own as a posture: out of its configuration, or out of what it did in the lab.

`given` reads the files, with bounds; `importing` tells whose they are.  One package or module per server
program (`postfix`, `exim`, `sendmail`) says what its settings mean as fields of a posture (`drafts`), where
each came from, what it leaves out and what it cannot decide.  `rendering` writes that as tables of the config
file, `placing` puts them into it.  `learning` finds the posture that does what a server was seen to do.

Nothing is executed, and no file is opened but those given: an include, a map or a lookup that is not among
them is told, and what hangs on it is unknown.
"""
