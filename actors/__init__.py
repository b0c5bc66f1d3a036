"""The command door: thin Ray actors around the runtime and the projector, and the edge's way to them.

The only rooms that use ray, together with `serve_app`.
"""

NAMESPACE = "healthpay"
PROJECTOR = "projector"
