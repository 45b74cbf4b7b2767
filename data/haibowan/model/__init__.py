"""The modelled city: land, streets, buildings, people and centres, one file a subject."""
