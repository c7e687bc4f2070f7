"""Rows in, summaries out: reading, joining, counting."""
