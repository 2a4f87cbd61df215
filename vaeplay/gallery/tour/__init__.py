"""The tour: eight questions on the reader's own run, each predicted first and then answered by a claim's verdict."""
