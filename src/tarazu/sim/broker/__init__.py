"""The broker behind the API: the life of an order, varieties, mini-RMS, GTT, the day's roll. `Broker` is its face."""
