"""HTTP requests of any AWS SDK in, the local services' answers out, on one port."""

from local.wire.app import AwsApp, build_app
from local.wire.server import http_config, listen, serve

__all__ = ["AwsApp", "build_app", "http_config", "listen", "serve"]
