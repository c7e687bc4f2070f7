"""Monitoring: windows of the journal, alarms with causes, and what follows from them. Pure functions."""

from fieldguide.monitoring.act import Decision, Incident, Update, columns_used, decide, fallback
from fieldguide.monitoring.checks import CHECKS
from fieldguide.monitoring.identities import base_rate, identities, proven
from fieldguide.monitoring.live import Live, bias, live_findings, live_of
from fieldguide.monitoring.served import monitors_armed, refused_values, served_features
from fieldguide.monitoring.skew import feature_skew, replay_mismatch
from fieldguide.monitoring.windows import Span, cut

__all__ = [
    "CHECKS", "Decision", "Incident", "Live", "Span", "Update", "base_rate", "bias", "columns_used",
    "cut", "decide", "fallback", "feature_skew", "identities", "live_findings", "live_of", "monitors_armed", "proven",
    "refused_values", "replay_mismatch", "served_features",
]  # fmt: skip
