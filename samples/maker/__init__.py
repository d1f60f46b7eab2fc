"""What makes the sample archive: identities, records, background traffic, incidents, delivery.

In: a seed. Out: the files of two weeks of one account, as bytes. Everything random is drawn with
``random.Random.random()``, the one method whose sequence Python promises to keep, so the same seed gives
the same text on every Python.
"""
