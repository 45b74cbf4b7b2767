"""What the files of a folder hold: which layer is which table of a study, in which system, in whose words."""
