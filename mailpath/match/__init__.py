"""Does this certificate, does this host match?  Pure functions over octets: no I/O, no clock.

A certificate proves nothing by itself.  It counts because a certification path leads from it to a root that
the sender trusts (`pkix`), or because the receiving domain published its digest in signed DNS (`dane`); and
then its names must include the one that the sender expects (`names`).  MTA-STS (`sts`) says which hosts a
domain's mail may go to at all.  Real mail servers read each of these standards a little differently: what
they do is data beside the RFCs' rules (`DaneRules`, `NameRules`, `Floor`, `StsParsing`).
"""
