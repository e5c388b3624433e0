-- Which server this is, and whether it was opened.
-- Returns {run id, 1 or 0}.
return {run_id(), is_open() and 1 or 0}
