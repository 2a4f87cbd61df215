"""Experiments: the pipeline with settings other than those in params.yaml, which stays unchanged.

`presets` says what to try and checks it; `run` has DVC run it in a separate folder; `results` brings back the page
and what has changed; `command` is `vaeplay try`. `page` is `vaeplay experiments`: all experiments side by side.
"""
