"""fieldguide: from a product question to a model in production that a team can trust."""
