"""What is measured, and how: `registry` names every metric; its neighbours compute them."""
