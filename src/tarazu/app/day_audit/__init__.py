"""The audit of a day: its journal and record proven, every order's trail whole, the day decided again, money and limits
reckoned anew, and a page on which a person sees it all."""
