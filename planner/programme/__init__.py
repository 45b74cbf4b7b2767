"""The programme: what is built or upgraded in which year, with which money."""
