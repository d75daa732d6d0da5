"""An explanation as one page of HTML, to read, print or send; nothing in it is fetched, and nothing in it runs."""
