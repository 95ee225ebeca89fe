CREATE TABLE lessons (
  id bigserial PRIMARY KEY,
  title text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE reports (
  lesson bigint PRIMARY KEY REFERENCES lessons (id),
  text text NOT NULL
);
CREATE TABLE ticks (at timestamptz NOT NULL DEFAULT now());
