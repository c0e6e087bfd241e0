"""How a run's raw records become events and rejects, in four passes over one folder aside.

`stage` lands typed records by day of delivery and file, in Arrow's own format. `judge` looks at a day as a whole:
copies, bots. `deliver` writes a day's events, and fetches the text of what was rejected from the raw files. `account`
counts, and holds what was written against what was read.

Between the passes stand files, so that a pass is a list of tasks of its own: days, stretches of days, files. The tasks
of small runs are done in the driver, those of large ones by Spark; they give the same.
"""
