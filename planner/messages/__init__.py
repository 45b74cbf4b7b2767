"""What users read: the catalogue of texts in Chinese and English, errors, notices and progress."""
