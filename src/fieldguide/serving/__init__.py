"""Serving: rows in over HTTP, answers out, nothing answered that is not journaled."""

from fieldguide.serving.app import App, Refresh
from fieldguide.serving.run import run
from fieldguide.serving.service import Service

__all__ = ["App", "Refresh", "Service", "run"]
