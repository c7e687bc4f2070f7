"""The levels of readiness as a table, the checks of each band, and the grade that their findings give."""
