"""How an experiment is composed, checked, executed, recorded, judged and promoted."""
