"""`predawn serve`: the reader over HTTP, a page for people, metrics. Needs the extra `serve`; nothing else imports it.

settings    what the command line decides          app         the application, put together
parameters  query strings and bodies, checked      routes      lists; versions, health and metrics; the page
problems    errors as JSON documents (RFC 9457)    middleware  measure, limit, ask for a key
coalesce    look-ups of one tick in one round trip openapi     the description of the routes
"""
