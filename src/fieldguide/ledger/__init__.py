"""The ledger: what was decided, by whom, when; and what may follow what."""
