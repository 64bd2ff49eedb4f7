"""Tables from files: one CSV, or a folder of them, read in one pass.

    file → text (encoding) → sniff (separator) → header → rows → gather → table

Lines without quotes are cut directly, all others by Python's own csv, and both give the same (`rows`).
`cells` and `column` say what a number is and when a column is one of texts; `suspects`, `stand_ins` and
`notes` what must be said of a table; `places` where in the file a thing stands.
"""
