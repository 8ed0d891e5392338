"""Experiments on the practice Space, « Et si… »: predict what a faulty request gives, then see the real exchange."""
