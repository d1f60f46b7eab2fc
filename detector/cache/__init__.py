"""A store of partial results: what each log file gave to each metric filter, so that it is not read again.

A `Scan` in, a `Scan` out (`kept.Kept`), with the same answers. Of a file that a folder of Parquet knows, its part of the
answer is taken from there; the others are scanned, and what they gave is kept while the scan goes on.
"""
