"""What tests share: waiting for conditions, fakes with the real interface, programs as processes."""
