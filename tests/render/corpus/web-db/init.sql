create table visits (at timestamptz default now()); -- costs $5
