"""Two summaries in, findings with causes out: used by grading and by monitoring."""

from fieldguide.comparing.compare import compare, confirmed
from fieldguide.comparing.explained import CAUSES
from fieldguide.comparing.history import History, history

__all__ = ["CAUSES", "History", "compare", "confirmed", "history"]
