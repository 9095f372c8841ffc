"""What units, rooms and pages are told: mailboxes, delivery, receipts."""
