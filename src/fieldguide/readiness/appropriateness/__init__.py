"""Band A, appropriateness: are the data right for this question?"""
