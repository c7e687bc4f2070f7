"""Pages: the dashboard and the reports, from the same templates.

Nothing here reads a ledger or a journal: pages are drawn from frozen view values that a step fills.
"""

from fieldguide.web.pages import pages, report
from fieldguide.web.view import (
    EffortView,
    FallbackView,
    LiveView,
    PastView,
    Point,
    ProgramView,
    RefusedView,
    ReleaseView,
    RungView,
    ServedView,
    WaiverView,
)

__all__ = [
    "EffortView", "FallbackView", "LiveView", "PastView", "Point", "ProgramView", "RefusedView", "ReleaseView", "RungView",
    "ServedView", "WaiverView", "pages", "report",
]  # fmt: skip
