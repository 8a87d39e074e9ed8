"""What maintainers see and do in the browser, and counting what readers look for."""
