"""What is measured, and how: `registry` names every figure; its neighbours compute them."""
