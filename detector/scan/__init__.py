"""Sources through metric filters → what was found. The hot loop.

`plain` is the meaning of a scan in a dozen obvious lines; everything else here is faster and tested to be equal. A scan
is a function of filters, a `Plan` and a batch of sources to a `Found`, and a `Found` can be merged:
``scan(a + b) == scan(a) | scan(b)``. So whatever can run ``fast.scan`` on a batch (processes, other machines)
can share an archive.
"""
