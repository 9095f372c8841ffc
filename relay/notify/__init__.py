"""What units, rooms, pages and receivers outside are told: mailboxes and channels, delivery, receipts."""
