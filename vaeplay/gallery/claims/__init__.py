"""The ledger of claims: what textbooks say, and whether this run bears it out."""
