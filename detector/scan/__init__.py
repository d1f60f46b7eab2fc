"""Log files through metric filters → what was found. The hot loop.

`plain` is the dozen obvious lines and the meaning of a scan; everything else here is faster and tested
to be equal. A scan is a function from a `Plan` and files to a `Found`, and a `Found` can be merged:
``scan(a + b) == scan(a) | scan(b)``.
"""
