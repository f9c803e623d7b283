"""What people ask of a company's tickets and books: a function for each, whose answer a command and a page show.

Nothing here prints, asks a person or knows who shows it.
"""
