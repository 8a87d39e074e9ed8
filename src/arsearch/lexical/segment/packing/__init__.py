"""How a segment packs postings, words and where they stand into few bytes.

Numbers stand in runs of as many bits each as the greatest needs, the lowest bit first; a run ends with a whole byte.
Behind all runs of a column are ``PADDING`` zeros, so that eight bytes may be read wherever a number begins.

Where there is a kernel it packs and unpacks; each function here has a way in NumPy beside it, which gives the same.
"""
