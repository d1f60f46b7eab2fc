"""A `Replay` in, text for people or for machines out; takes no decisions.

`text` is the report for a terminal and a mail, `facts` the same as JSON; the others are its parts.
"""
