"""The pages for people: plain HTML from the server, no script, two languages."""
