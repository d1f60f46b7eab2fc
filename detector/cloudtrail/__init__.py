"""What is known about CloudTrail without any record: its members, their values, and the services' operations.

Facts with their sources, as tables; no judgement. Nothing is read before it is asked for.
"""
