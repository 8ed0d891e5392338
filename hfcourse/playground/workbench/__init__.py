"""Forms and answers on one page: what is beside a form, and series of runs from one form."""
