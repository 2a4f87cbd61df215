"""`vaeplay repro`: the pipeline's stages at once, DVC's bookkeeping, Dask's workers.

    driver ── dvc repro --single-item STAGE ── relay ──┐         one such chain a running stage, on the driver's host
      └─ exchange ◄─────── a socket: "run this command" ┘
            └─ Dask ── worker ── supervise ── the stage's command        here, or on any machine of a cluster

DVC runs a stage's command through the program that SHELL names. The runner names one of its own, the relay, which
hands the command to the driver and ends with the command's exit code. So every call of DVC is made on one host, whose
locks DVC understands, and DVC itself decides what runs, checks, caches and records it. Each link ends when the one
before it does: a command never outlives the `dvc` that waits for it, or the worker that runs it.
"""
