"""Pages: the dashboard and the reports, from the same templates.

Nothing here reads a ledger or a journal: pages are drawn from frozen view values that a step fills.
"""

from fieldguide.web.notebook import findings_html, graded_html
from fieldguide.web.pages import pages, report
from fieldguide.web.view import (
    Bars,
    ColumnView,
    EffortView,
    ExpiringView,
    FallbackView,
    GradingView,
    Histogram,
    LiveView,
    PastView,
    Point,
    ProgramView,
    RefusedView,
    ReleaseView,
    RungView,
    SaidView,
    ServedView,
    SourceView,
    WaiverView,
)

__all__ = [
    "Bars", "ColumnView", "EffortView", "ExpiringView", "FallbackView", "GradingView", "Histogram", "LiveView", "PastView",
    "Point", "ProgramView", "RefusedView", "ReleaseView", "RungView", "SaidView", "ServedView", "SourceView", "WaiverView",
    "findings_html", "graded_html", "pages", "report",
]  # fmt: skip
