"""From a submission to a report: read it, run it elsewhere, compare it with nets, explain."""
