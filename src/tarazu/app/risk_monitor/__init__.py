"""The risk state and the account's figures for who asks from outside: main's word, its journal, the broker's books."""
