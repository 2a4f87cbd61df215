"""`vaeplay show` and `vaeplay open`: results in the terminal, and the page in the browser."""
