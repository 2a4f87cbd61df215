"""Experiments: the pipeline with other settings than those in params.yaml, which stays as it is.

`presets` says what to try and checks it; `run` has DVC run it in a folder of its own; `results` brings back the page
and what has changed; `command` is `vaeplay try`. `page` is `vaeplay experiments`: all experiments side by side.
"""
