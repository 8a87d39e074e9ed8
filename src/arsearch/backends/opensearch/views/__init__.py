"""Documents as far as a query is about them, as nodes see and send them."""
