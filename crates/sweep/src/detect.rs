//! Which shard am I? What an engine says in its environment.
