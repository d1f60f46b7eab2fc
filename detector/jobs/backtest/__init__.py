"""The backtest of an alarm: every setting of a grid over an archive in one pass, scored, and which to choose.

From the bottom up: ``incidents`` and ``metric_data`` (what is read beside the archive), ``grid``, ``times`` (in ALARM), ``scores``,
``sweep`` (one score a setting), ``coverage`` (how much the archive can prove), ``calendar`` and ``asides`` (the same seen otherwise), ``budget``, ``caveats``,
``recommendation``, ``result`` (with the fields of a setting) and ``job``.
"""

from detector.jobs.backtest.job import backtest, backtest_metric, backtests
from detector.jobs.backtest.result import Backtest, Terms

__all__ = ["Backtest", "Terms", "backtest", "backtest_metric", "backtests"]
