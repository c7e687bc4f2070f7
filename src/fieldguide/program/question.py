"""Question: what is asked, what one row is, which decision the answer serves."""

from __future__ import annotations

from fieldguide.program.declare import declaration, expect


@declaration
class Question:
    """A product question.

    `ask` is the question in the words of the product, `one_row_is` says what one row of the table
    stands for, `decision` what will be done differently once the answer is known.

    >>> Question(ask="Will the visitor come back?", one_row_is="a visit").ask
    'Will the visitor come back?'
    """

    ask: str
    one_row_is: str = ""
    decision: str = ""

    def __post_init__(self) -> None:
        for blank in ("ask", "one_row_is", "decision"):
            expect(self, blank, str, 'a sentence in quotes, such as "Will the visitor come back?"')
