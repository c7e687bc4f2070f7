"""`python -m fieldguide`."""

from fieldguide.cli.main import main

main()
