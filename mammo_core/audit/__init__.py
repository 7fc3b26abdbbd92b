"""Which explanation of a model to believe, and whether the model looks at the breast at all.

`run.audit_model` measures, `storage.read_audit` gives what was kept, `badges.read_badges` says it
of each method in a few words. Importing this package costs nothing: pages do so at their start.
"""
