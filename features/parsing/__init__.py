"""What the readers share: text tables, units and clocks, signs, workbooks, database pages."""
