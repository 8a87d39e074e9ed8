"""Article stores as earlier versions of arsearch wrote them, read to build an index anew."""
