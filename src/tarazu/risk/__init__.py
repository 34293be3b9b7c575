"""The scales: what is wanted is weighed here before anything is written down or sent. Pure."""
