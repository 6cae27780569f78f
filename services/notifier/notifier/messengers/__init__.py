"""Ways to reach people: each turns a message into one call, and a failure into `NotTold`."""
