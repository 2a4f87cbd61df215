"""params.yaml as typed, checked values: what may be set, what a cell is, and what each stage depends on."""
