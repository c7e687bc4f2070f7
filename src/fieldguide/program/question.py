"""Question: what is asked, what one row is, which decision the answer serves, and for whom it is asked."""

from __future__ import annotations

from fieldguide.program.declare import declaration, expect, note
from fieldguide.program.source import Source


@declaration
class Question:
    """A product question.

    `ask` is the question in the words of the product, `one_row_is` says what one row of the table
    stands for, `decision` what will be done differently once the answer is known. `population` is a source
    of rows like those that the question will be asked about (the customers of today), with the raw columns of
    the features; the rows to learn from are compared with them.

    >>> Question(ask="Will the visitor come back?", one_row_is="a visit").ask
    'Will the visitor come back?'
    """

    ask: str
    one_row_is: str = ""
    decision: str = ""
    population: Source | None = note(default=None)

    def __post_init__(self) -> None:
        for blank in ("ask", "one_row_is", "decision"):
            expect(self, blank, str, 'a sentence in quotes, such as "Will the visitor come back?"')
        if self.population is not None:
            expect(self, "population", Source, 'fg.Source("customers_of_today.parquet")')
