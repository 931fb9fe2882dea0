"""A made-up database of up to a million images, shaped like a real registry's: shared bases, drifting lock files.

`python -m bench.million --images N --folder DIR` fills a data folder and keeps it; subjects fill their own.
"""
