select 1; -- äöü
