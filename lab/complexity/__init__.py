"""Floor 1: how complex a thing is: codes and their lengths, estimators, automata, description lengths.

Arrays in, values out; no torch. Lengths are in bits. What is complex is a `Message` (`lab.complexity.code`).
"""
