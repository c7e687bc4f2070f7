"""Monitoring: windows of the journal, alarms with causes, and what follows from them. Pure functions."""

from fieldguide.monitoring.act import Decision, Policy, Update, columns_used, decide
from fieldguide.monitoring.checks import CHECKS
from fieldguide.monitoring.identities import identities, proven
from fieldguide.monitoring.live import Live, live, live_findings, live_json
from fieldguide.monitoring.served import features_served, monitors_armed, refused
from fieldguide.monitoring.skew import feature_skew, replay
from fieldguide.monitoring.windows import Span, spans

__all__ = [
    "CHECKS", "Decision", "Live", "Policy", "Span", "Update", "columns_used", "decide", "feature_skew",
    "features_served", "identities", "live", "live_findings", "live_json", "monitors_armed", "proven", "refused",
    "replay", "spans",
]  # fmt: skip
