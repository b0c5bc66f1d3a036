"""Demo data: a small network of pharmacies, wallets and cards, made through the public API."""
