"""The report page: one HTML file that opens from disk and shows every cell of the grid.

Data flows one way: `read` turns the pipeline's files into the `page` data classes; `views` picks from them what is
compared (axes, best values, findings); `charts` and `plane` lay out figures as numbers; `render` writes them as HTML
through the templates. `logs` joins the cells' logs. Nothing here imports torch.
"""
