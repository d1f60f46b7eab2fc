"""What every renderer is built from: a page, quantities and charts as people read them, JSON values, safe strings.

In: numbers, times, strings from anywhere. Out: lines and JSON values. Nothing in here knows what a result is.
"""
