"""What frames the sections: the page's own template, its bar, macros, styles that sections share, state and theme."""
