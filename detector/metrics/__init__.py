"""From matching log events to the metric: samples per minute, and their statistics over periods.

`filter` says what one event publishes; `samples` gathers that per minute (the home of polars).
"""
