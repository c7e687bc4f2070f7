"""The blanks of learning: model, objective, prior, optimizer, independent of each other."""
