"""How loops over a ModuleList, which TorchScript unrolls, are written: new code and its Edits."""
