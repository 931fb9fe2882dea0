"""What happens when: the single path from a registry's event to a finding, jobs, schedule, retries, the clock.

`flow` decides; it reaches registries, feeds and the store through `ports` only.
"""
