"""What runs in the interpreter of the user's choice: the standard library and torch alone.

The package is copied into the session's folder and imported from there under another name, so all
imports in it are relative. Whatever it reports of the code it ran is a log; `clean.py` decides.
"""
