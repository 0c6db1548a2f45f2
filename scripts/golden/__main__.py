"""`python3 scripts/golden` is `generate.py`."""
import generate

generate.main()
