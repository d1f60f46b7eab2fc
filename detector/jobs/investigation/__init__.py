"""What a person on call asks of a replay: the metric over time, other settings, and a dossier of each episode.

In: the replays of one pass. Out: one frozen `Investigation`, which `detector.render.replay_html` shows. The claim: every
figure is the engine's own; nothing is counted or decided when it is shown.
"""

from detector.jobs.investigation.job import Investigated, Investigation, investigate

__all__ = ["Investigated", "Investigation", "investigate"]
