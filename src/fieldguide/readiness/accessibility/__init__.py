"""Band C, accessibility: can the data be had, and may they be used?"""
