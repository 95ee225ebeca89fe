CREATE TABLE trades (
  id TEXT PRIMARY KEY,
  shares INTEGER NOT NULL,
  at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
-- Nothing here keeps a trade from being hedged twice: that there is one bot does.
CREATE TABLE hedges (trade TEXT NOT NULL, shares INTEGER NOT NULL, by TEXT NOT NULL);
