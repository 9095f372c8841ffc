"""What the relay shows over HTTP: the API, the live feed and the duty desk's page. Reads the store, asks the writer."""
