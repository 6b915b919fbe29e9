"""One module for each goal: what it takes to get there from where a domain stands.

A goal's `draft` gets a `Drafting` and adds steps to it, or raises `Stopped` where no step is needed, or none
is possible.  It proves nothing: that is done with every draft alike.
"""
