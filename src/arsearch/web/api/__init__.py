"""The HTTP API, version 1: requests, responses, routes, and its OpenAPI document."""
