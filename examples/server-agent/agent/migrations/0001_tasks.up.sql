CREATE TABLE tasks (
  id bigserial PRIMARY KEY,
  title text NOT NULL,
  state text NOT NULL DEFAULT 'open',
  at timestamptz NOT NULL DEFAULT now()
);
