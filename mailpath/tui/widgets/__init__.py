"""The widgets of the path screen.  Each takes frozen results and draws them; none asks the network."""
