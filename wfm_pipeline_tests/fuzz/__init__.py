"""Fuzzing of everything that reads what people or systems wrote.

An example is a folder of files. A loader reads the folder; it may answer, or refuse by an error of ours.
Anything else is a finding: another exception, more than the allowed seconds, more than the allowed memory.
Short in the tests (test_loaders.py), as long as you like by `make fuzz` (run.py). A new loader is one line in loaders.py.
"""
