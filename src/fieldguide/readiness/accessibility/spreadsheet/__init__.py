"""What spreadsheets do to data: traces that they leave in cells and in the shape of a table."""
