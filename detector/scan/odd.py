"""What makes the fast scan hand a file to the plain one."""


class OddError(Exception):
    """Something in this file is not as CloudTrail writes it; `plain` shall look at the whole file."""
