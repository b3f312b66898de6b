"""Bulk runs: many repositories, each in a process of its own, and one folder for all results.

`sources` says which repositories are meant, `campaign` sends them out through any
`concurrent.futures.Executor` and keeps what comes back in `state`; `repository` is what runs in the
process of one repository, on trees that `export` made with the sandboxed `git`.
"""
