"""What in a table is about persons: kinds of personal data, how each is recognized, and what follows."""
