"""HTTP in, flow, HTTP out: the admin API under `/api`, and the pages under `/console`."""
