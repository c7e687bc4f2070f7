"""The engines that run the table layer's expressions: DuckDB in process."""
