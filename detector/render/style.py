"""The former name of `detector.render.kit.page`; goes once every renderer stands on the kit."""

from __future__ import annotations

from detector.render.kit.page import Page as Style

__all__ = ["Style"]
