"""Sources: from what a program names to rows, however they are written and wherever they are."""
