"""A job's result in, a string for people or machines out: `<result>_<format>`, built from `kit`.

A renderer opens no file and decides nothing; it may leave out what is too long to read.
"""
