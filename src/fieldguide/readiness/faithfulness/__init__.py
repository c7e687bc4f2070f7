"""Band B, faithfulness: are the data what they say they are? No question is asked of them yet."""
