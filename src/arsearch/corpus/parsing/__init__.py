"""What several readers share: encodings, markup, web pages, XML streams, the text of PDFs."""
