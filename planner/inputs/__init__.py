"""The inputs of one study: its layers read, checked, connected to a walking network, with a scenario applied."""
