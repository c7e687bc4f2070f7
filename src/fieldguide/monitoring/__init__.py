"""Monitoring is grading: windows of what was served, judged by the same checks against what was learned from.

Everything here is pure: tables and values in, findings and decisions out. Reading the journal, writing the
ledger and acting is the step `monitor`.
"""

from fieldguide.monitoring.act import Decision, Incident, decide
from fieldguide.monitoring.identities import identities
from fieldguide.monitoring.live import Live, bias, live_of
from fieldguide.monitoring.served import refused_values, replay_mismatch, served_features
from fieldguide.monitoring.windows import LEAST, WINDOW, cut

__all__ = [
    "LEAST", "WINDOW", "Decision", "Incident", "Live", "bias", "cut", "decide", "identities", "live_of",
    "refused_values", "replay_mismatch", "served_features",
]  # fmt: skip
