from tests.redis_fixture import redis_client, redis_server

__all__ = ["redis_client", "redis_server"]
