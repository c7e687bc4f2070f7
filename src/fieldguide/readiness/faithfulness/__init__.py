"""Band B: are the data what they say they are? Nothing here can see a label or a question.

The types forbid it: every function takes features, summaries and results of named queries, and none of these
holds a label, a question or a program (a test walks the signatures). So what is found here can be used for
any question (FACTS 1.1, 8).
"""
