"""Examples, one folder a rule and one below it a situation: documentation and tests in one."""
