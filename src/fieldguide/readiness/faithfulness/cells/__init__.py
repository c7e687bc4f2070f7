"""Single cells that do not fit the rest of their table: broken dependencies, variants of a name, odd formats, copies."""
