"""Sigma rules as detections, parsed by pySigma (the extra ``sigma``).

`convert` is the front door. Nothing else in the package imports this room but the verb that calls it.
"""

from detector.sigma.convert import Conversion, Converted, Refused, convert
from detector.sigma.differences import Change, Difference

__all__ = ["Change", "Conversion", "Converted", "Difference", "Refused", "convert"]
