"""The books of an account: ledger, positions, holdings, margins, charges, settlement. `Account` is their face."""
