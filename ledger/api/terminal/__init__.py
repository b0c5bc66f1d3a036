"""The door of terminals: one websocket, many commands in flight, each answered when its outcome is durable."""
