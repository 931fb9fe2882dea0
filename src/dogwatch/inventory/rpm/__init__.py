"""The databases of rpm: three container formats, one format of headers. Pure readers of bytes.

`extractors.rpm_database` calls them.
"""
