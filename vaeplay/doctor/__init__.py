"""`vaeplay doctor`: what is wrong with this machine and this workspace, and the command that mends it."""
