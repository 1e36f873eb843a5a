"""Pictures and sound: taken in, made safe and small, kept, and served."""
