"""What every metric means, and the page's keys."""
