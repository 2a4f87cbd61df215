"""What one model gains and loses against another: a row for each pair of cells that differ in one thing."""
