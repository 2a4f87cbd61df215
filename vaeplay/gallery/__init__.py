"""The report page: one HTML file that opens from disk and shows every cell of the grid.

Data flows one way: `read` turns the pipeline's files into the `page` data classes; `views` works out once what sections
share (axes, columns with ranks, families); each section's folder lays its part out; `render` writes it as HTML and
`bundle` joins the scripts. `sections` lists the sections: a new one touches its folder and that list. `frame/` has what
stands around them, and `experiments/` is a page of its own. Nothing here imports torch.
"""
