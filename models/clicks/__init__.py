"""The click model: what becomes of an item that is shown, from what is known of user, item and context."""
